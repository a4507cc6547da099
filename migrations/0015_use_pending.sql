-- What a batch of events adds to hours and standings is written beside the events as one row, and many of them are counted together.
-- A customer's rows are so rewritten some times a second instead of with each batch, and no batch waits for another one's rows.

create table usage_pending (
  pending_id bigint generated always as identity primary key,
  -- A line for each customer, meter and hour since 1970, with the quantity and how many events it is of. Reading it takes a tenth of what
  -- rows would cost to write.
  hours text not null,
  received_at timestamptz not null
);
-- Compressing costs more than the few pages it saves: a row lives for a fraction of a second.
alter table usage_pending alter column hours set storage external;
-- As many rows go as come, so that the table stays small only where it is swept often.
alter table usage_pending set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
grant select, insert, update, delete on usage_pending to tieout_app;

-- An event that comes again is compared with the one that is stored.
drop trigger refuse_change on usage_event;
alter table usage_event drop column body_hash;
create trigger refuse_change before update of received_on, event_key, source, id, meter, subject, occurred_at, received_at, value,
  properties on usage_event for each statement execute function refuse_change();

-- A revision changes with every count. Rows are rewritten in their own page only where no index looks at what changes.
drop index usage_window_unreported;
alter table usage_window add column is_unreported boolean not null generated always as (revision > reported_revision) stored;
create index usage_window_unreported on usage_window (starts_at, customer_id, meter) where is_unreported;
