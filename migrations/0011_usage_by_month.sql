-- Usage grows without end: events lie in a table for each month in which they came, so that old months can be put away whole.
-- The index that new ones are looked up in stays small and recent. No table of a month is touched by name; all goes through usage_event.

create schema usage_month;

alter table usage_event rename to usage_event_before;

create table usage_event (
  -- The day it came, in UTC: what a month's table is chosen by.
  received_on date not null,
  -- The first 16 bytes of SHA-256 over source and id.
  event_key uuid not null,
  -- The first 16 bytes of SHA-256 over all the rest.
  body_hash uuid not null,
  source text not null,
  id text not null,
  -- No foreign key: it would cost more than the rest of the row. The id comes from customer_alias, which has one.
  customer_id text,
  meter text not null,
  subject text not null,
  occurred_at timestamptz not null,
  received_at timestamptz not null,
  value numeric not null check (value >= 0),
  properties jsonb not null
) partition by range (received_on);

-- The application owns nothing, so it asks for a month's table by this function. The key is unique within each table; that it is unique
-- over all of them is seen to by looking before writing, under a lock (src/store/usage.ts).
create function keep_usage_month(day date) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  starts date := date_trunc('month', day)::date;
  name text := 'event_' || to_char(starts, 'YYYY_MM');
begin
  if to_regclass('usage_month.' || name) is not null then
    return;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('usage month', 0));
  execute format(
    'create table usage_month.%I partition of public.usage_event (primary key (event_key)) for values from (%L) to (%L)',
    name, starts, (starts + interval '1 month')::date
  );
exception when duplicate_table then
  -- Another process made it while this one waited.
end $$;

revoke execute on function keep_usage_month(date) from public;
grant execute on function keep_usage_month(date) to tieout_app;

select keep_usage_month(day) from (
  select distinct date_trunc('month', received_at at time zone 'UTC')::date as day from usage_event_before
) as months;

insert into usage_event
select (received_at at time zone 'UTC')::date, event_key, left(body_hash, 32)::uuid, source, id, customer_id, meter, subject, occurred_at,
  received_at, value, properties
from usage_event_before;

drop table usage_event_before;

-- Events come roughly in the order of their time, so a block range index finds an hour at a hundredth of the cost of a tree.
create index usage_event_occurred on usage_event using brin (occurred_at) with (pages_per_range = 16, autosummarize = on);
create index usage_event_unmatched on usage_event (subject, occurred_at) where customer_id is null;

grant select, insert, update (customer_id) on usage_event to tieout_app;

create trigger refuse_removal before delete or truncate on usage_event for each statement execute function refuse_change();
create trigger refuse_change before update of received_on, event_key, body_hash, source, id, meter, subject, occurred_at, received_at, value,
  properties on usage_event for each statement execute function refuse_change();

-- Hours are rewritten with every batch: room in the page keeps a new version beside the old one.
alter table usage_window set (fillfactor = 70);
