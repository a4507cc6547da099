-- What was told of an hour may get lost or be refused long after it was sent, so each telling has its own words and the provider's sum is compared.

alter table usage_window
  -- How much is being told: the hour less what was told before, fixed together with the revision.
  add column sending_value numeric,
  -- How often use of this hour was found missing at the provider and told anew; part of the identifier, so each telling counts once.
  add column retellings integer not null default 0 check (retellings >= 0),
  -- The provider's sum when we last looked: only one that stands still is believed.
  add column counted_quantity numeric,
  add column counted_at timestamptz,
  -- What went to an invoice as an amount of ours, because no meter event can bring it there any more.
  add column charged_quantity numeric not null default 0,
  add check ((counted_quantity is null) = (counted_at is null));
-- Which hours a report of the provider can be about: those of its meter told while it was looking.
create index usage_window_told on usage_window (meter, reported_at) where reported_at is not null;
update usage_window set sending_value = sending_quantity - reported_quantity where sending_revision is not null;
alter table usage_window add check ((sending_revision is null) = (sending_value is null));

-- Use that came too late for the invoice of its period, as it was rated and put on a later one.
create table usage_charge (
  charge_key text primary key,
  contract_id text not null references contract,
  customer_id text not null references customer,
  meter text not null,
  line_id text not null,
  period_starts_on date not null,
  reason text not null check (reason in ('too-old', 'after-invoice')),
  -- What the invoice of its period, and charges before this one, had of the period already; and what comes on top.
  before_quantity numeric not null,
  further_quantity numeric not null,
  content jsonb not null,
  planned_at timestamptz not null
);
create index usage_charge_contract on usage_charge (contract_id);
create index billing_fact_finalized on billing_fact ((content->>'contractId'), occurred_at) where kind = 'invoice-finalized';

grant select, insert on usage_charge to tieout_app;
create trigger refuse_change before update or delete or truncate on usage_charge for each statement execute function refuse_change();
