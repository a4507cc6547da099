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

-- What is pending of a customer and meter between two instants on the hour. A function of this language keeps its plan, and the question is asked
-- thousands of times a second.
create function use_pending(asked_customer text, asked_meter text, starts timestamptz, ends timestamptz) returns numeric
language plpgsql stable as $$
begin
  return (
    select coalesce(sum(split_part(line, e'\t', 4)::numeric), 0)
    from usage_pending, string_to_table(hours, e'\n') as line
    where starts_with(line, asked_customer || e'\t' || asked_meter || e'\t')
      and split_part(line, e'\t', 3)::bigint >= extract(epoch from starts) / 3600
      and split_part(line, e'\t', 3)::bigint < extract(epoch from ends) / 3600
  );
end $$;

-- The customer a subject names, where it names one only, with its standings on a meter and what is pending added.
create function standings_to_check(subject text, asked_meter text) returns table (
  customer_id text, included_units numeric, limit_units numeric, used_units numeric, period_from timestamptz, period_to timestamptz,
  rolls_at timestamptz
) language plpgsql stable as $$
#variable_conflict use_column
begin
  return query
    select owner.customer_id, held.included_units, held.limit_units,
      held.used_units + use_pending(owner.customer_id, asked_meter, held.period_from, held.period_to), held.period_from, held.period_to,
      held.rolls_at
    from (
      select min(customer_id) as customer_id from customer_alias where alias = subject having count(*) = 1
    ) as owner left join usage_standing held on held.customer_id = owner.customer_id and held.meter = asked_meter
    order by held.contract_id;
end $$;
alter function standings_to_check(text, text) set plan_cache_mode = force_generic_plan;

-- An event that comes again is compared with the one that is stored.
drop trigger refuse_change on usage_event;
alter table usage_event drop column body_hash;
create trigger refuse_change before update of received_on, event_key, source, id, meter, subject, occurred_at, received_at, value,
  properties on usage_event for each statement execute function refuse_change();

-- A revision changes with every count. Rows are rewritten in their own page only where no index looks at what changes.
drop index usage_window_unreported;
alter table usage_window add column is_unreported boolean not null generated always as (revision > reported_revision) stored;
create index usage_window_unreported on usage_window (starts_at, customer_id, meter) where is_unreported;

-- Ids that say when they were made are looked for from a day before that on. These came earlier.
create table usage_id_ahead (
  event_key uuid primary key,
  received_on date not null
);
-- Sent again after the month it came in was put away, an event is a new one.
grant select, insert, update (received_on) on usage_id_ahead to tieout_app;
insert into usage_id_ahead (event_key, received_on)
select event_key, received_on from (
  select event_key, received_on, received_at, ('x' || lpad(replace(left(id, 13), '-', ''), 16, '0'))::bit(64)::bigint as made_at
  from usage_event
  where id ~* '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
) as timed
where made_at < 4102444800000 and made_at > extract(epoch from received_at) * 1000 + 86400000;

-- A month's table is made by itself and then attached: as a part from the beginning it would wait for everybody who reads usage, and everybody who
-- writes it would wait behind.
create or replace function keep_usage_month(day date) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  starts date := date_trunc('month', day)::date;
  name text := 'event_' || to_char(starts, 'YYYY_MM');
begin
  if to_regclass('usage_month.' || name) is not null then
    return;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('usage month', 0));
  execute format('create table usage_month.%I (like public.usage_event including constraints, primary key (event_key))', name);
  execute format(
    'alter table public.usage_event attach partition usage_month.%I for values from (%L) to (%L)',
    name, starts, (starts + interval '1 month')::date
  );
exception when duplicate_table then
  -- Another process made it while this one waited.
end $$;
