-- Definitions of meters say what events count as, where they are counted.

-- What a batch adds that is no plain quantity of an hour: use by group, and single readings. Null for most batches.
alter table usage_pending add column readings text;

-- An hour may contribute less than nothing to its period: the last value of it may be lower than the one before.
alter table usage_window drop constraint usage_window_quantity_check;

-- Keeps anybody from publishing a meter until the transaction ends, and answers the number of the latest publication. Volatile, so that what
-- was published while it waited for the lock is seen: a stable function looks at what there was before.
create function share_meter_book() returns bigint language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock_shared(hashtextextended('meter book', 0));
  return (select coalesce(max(serial), 0) from public.meter_version);
end $$;

-- Whose level of a time-weighted meter holds on without events, and as far as which hour it was counted.
create table usage_level (
  customer_id text not null references customer,
  meter text not null,
  counted_until timestamptz not null check (counted_until = date_trunc('hour', counted_until, 'UTC')),
  primary key (customer_id, meter)
);
create index usage_level_due on usage_level (counted_until);

grant select, insert, update on usage_level to tieout_app;
-- Readings of an hour are kept anew where an event is taken back.
grant delete on usage_point to tieout_app;
