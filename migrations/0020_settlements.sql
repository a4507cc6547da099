-- Use that the provider cannot price is charged when its period has ended, and so is what is missing to a commitment.

alter table usage_charge drop constraint usage_charge_reason_check;
alter table usage_charge add constraint usage_charge_reason_check
  check (reason in ('too-old', 'after-invoice', 'rated-usage', 'true-up'));

-- A period that had ended before was said not to be invoiced, so somebody may have done it by hand: nothing of it is charged by itself. No row: all
-- periods are settled.
create table settlement_start (
  settled_from timestamptz primary key
);
insert into settlement_start (settled_from) select now() where exists (select from contract);
create unique index settlement_start_once on settlement_start ((true));
grant select on settlement_start to tieout_app;

-- Up to which end of its contract nothing is left to be settled, so that nobody looks again.
alter table contract add column settled_before date;
grant update (settled_before) on contract to tieout_app;
