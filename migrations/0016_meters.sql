-- What an event counts as is said by versions of definitions that never change, so that whoever counts it, and whenever, counts the same.

create table meter_version (
  -- Grows with every publication, which one at a time makes: whoever knows the highest knows them all.
  serial bigint generated always as identity primary key,
  meter text not null,
  version integer not null check (version >= 1),
  definition jsonb not null,
  content_hash text not null,
  -- Hours are counted by one version each.
  effective_from timestamptz not null check (effective_from = date_trunc('hour', effective_from, 'UTC')),
  published_at timestamptz not null,
  published_by text not null,
  unique (meter, version)
);

-- One number that tells whether a book read earlier is still the whole one; usable in any statement.
create function meter_book_version() returns bigint language sql stable as $$
  select coalesce(max(serial), 0) from public.meter_version
$$;

-- Readings of meters that do not add up, reduced to what their hour needs: the highest or latest one, a row for each member, or each level.
create table usage_point (
  customer_id text not null references customer,
  meter text not null,
  group_key text not null,
  starts_at timestamptz not null check (starts_at = date_trunc('hour', starts_at, 'UTC')),
  -- What may stand beside each other in an hour: nothing (zeros), members by a hash, levels by their event.
  slot uuid not null,
  aggregation text not null check (aggregation in ('maximum', 'last', 'unique', 'time-weighted')),
  occurred_at timestamptz not null,
  event_key uuid not null,
  -- Null for a member, which is told by its slot.
  value numeric check (value >= 0),
  primary key (customer_id, meter, group_key, starts_at, slot),
  check ((value is null) = (aggregation = 'unique')),
  check (occurred_at >= starts_at and occurred_at < starts_at + interval '1 hour')
);

-- Whether a member was seen before in its period is one look.
create index usage_point_member on usage_point (customer_id, meter, group_key, slot, starts_at) where aggregation = 'unique';

-- The groups that each customer has of a meter, so that their number is known without counting hours.
create table usage_group (
  customer_id text not null references customer,
  meter text not null,
  group_key text not null,
  first_at timestamptz not null,
  primary key (customer_id, meter, group_key)
);

-- What each group has of an hour, beside the total in usage_window.
create table usage_group_window (
  customer_id text not null references customer,
  meter text not null,
  group_key text not null,
  starts_at timestamptz not null,
  quantity numeric not null,
  event_count bigint not null check (event_count >= 0),
  primary key (customer_id, meter, group_key, starts_at)
);

alter table usage_point set (fillfactor = 70);
alter table usage_group_window set (fillfactor = 70);

grant select, insert on meter_version, usage_group to tieout_app;
grant select, insert, update on usage_point, usage_group_window to tieout_app;

create trigger refuse_change before update or delete or truncate on meter_version
  for each statement execute function refuse_change();
