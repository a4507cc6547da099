-- Events of days that are over are added up once, and anew only where the database itself saw one of them change.

create table usage_proven_month (
  month date primary key check (extract(day from month) = 1),
  -- Whatever changes about events that came before this day is noted, by triggers of the month's table.
  watched_before date not null,
  -- The sums are of all events that came before this day.
  proven_before date not null check (proven_before between month and watched_before),
  -- When somebody who wrote into the month last kept it from being watched.
  kept_off_at timestamptz
);

create table usage_proven_sum (
  month date not null references usage_proven_month,
  customer_id text not null,
  meter text not null,
  quantity numeric not null check (quantity >= 0),
  primary key (month, customer_id, meter)
);

-- A row for each transaction that changed events of a month, so that nobody waits for anybody else who changes one.
create table usage_proven_change (
  month date not null,
  changed_by xid8 not null,
  primary key (month, changed_by)
);

grant select, update (proven_before) on usage_proven_month to tieout_app;
grant select, insert, update, delete on usage_proven_sum to tieout_app;
grant select, delete on usage_proven_change to tieout_app;

-- The days since are read by their blocks: events lie roughly in the order in which they came.
create index usage_event_received on usage_event using brin (received_on) with (pages_per_range = 16, autosummarize = on);

-- Thousands of events can change at once. What the transaction noted last is in a setting of its own, which a savepoint takes back together with the note.
-- Where a dump was restored, an old note can have the number of this transaction: whoever lets go of it waits for the change then.
create function note_usage_change() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  note text := tg_argv[0] || ' ' || pg_current_xact_id();
begin
  if note is distinct from current_setting('tieout.usage_noted', true) then
    insert into public.usage_proven_change (month, changed_by) values (tg_argv[0]::date, pg_current_xact_id())
    on conflict (month, changed_by) do update set changed_by = excluded.changed_by;
    perform set_config('tieout.usage_noted', note, true);
  end if;
  return null;
end $$;

-- The triggers that note changes about events of a month that came before a day. A month that is emptied names no events.
create function usage_watches(starts date, before date) returns table (name text, definition text)
language sql stable set search_path = pg_catalog, pg_temp set datestyle = 'ISO, YMD' as $$
  select name, format(
    'trigger %s after %s on usage_month.event_%s for each %s execute function public.note_usage_change(''%s'')',
    name, event, to_char(starts, 'YYYY_MM'), format(rows, before), starts
  )
  from (values
    ('note_arrival', 'insert', 'row when ((new.received_on < ''%1$s''::date))'),
    ('note_change', 'update', 'row when (((old.received_on < ''%1$s''::date) or (new.received_on < ''%1$s''::date)))'),
    ('note_removal', 'delete', 'row when ((old.received_on < ''%1$s''::date))'),
    ('note_truncation', 'truncate', 'statement')
  ) as watches (name, event, rows)
$$;

-- Whether a month's table is here and notes its changes: it may have been made anew, or somebody turned that off, or to another day. The definitions are
-- written as the database says them, so a trigger of another day, table or function is none of them.
create function is_usage_month_watched(starts date) returns boolean
language sql stable set search_path = pg_catalog, pg_temp set datestyle = 'ISO, YMD' as $$
  select count(tgname) = count(*) and count(*) > 0
  from public.usage_proven_month held
  cross join public.usage_watches(held.month, held.watched_before) as watch
  left join (
    select tgname, lower(pg_get_triggerdef(pg_trigger.oid)) as definition
    from pg_inherits join pg_class on pg_class.oid = inhrelid join pg_trigger on tgrelid = inhrelid
    where inhparent = 'public.usage_event'::regclass and relname = 'event_' || to_char(starts, 'YYYY_MM') and tgenabled = 'A'
  ) as installed on installed.definition = 'create ' || watch.definition
  where held.month = starts
$$;

-- The latest day to watch a month before. A process whose clock is ahead would otherwise have every event until then noted; a server whose clock is behind
-- leaves more days to be read.
create function usage_watch_ends(starts date) returns date language sql volatile set search_path = pg_catalog, pg_temp as $$
  select least((starts + interval '1 month')::date, (clock_timestamp() at time zone 'UTC')::date)
$$;

-- From now on notes every change about events of a month that came before a day. It waits a quarter of a second for those who write into the month, because
-- others wait behind it; where that is not enough, it says when, and nobody tries again for a while. Once it has committed, all that was written unnoted is
-- there for whoever looks, whatever a clock says.
create function watch_usage_month(starts date, before date, at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '250ms' as $$
declare
  name text := 'event_' || to_char(starts, 'YYYY_MM');
  watched date := greatest(starts, least(before, public.usage_watch_ends(starts)));
  was_watched boolean;
  watch record;
begin
  begin
    execute format('lock table usage_month.%I in share row exclusive mode', name);
  exception when lock_not_available then
    insert into public.usage_proven_month as held (month, watched_before, proven_before, kept_off_at) values (starts, starts, starts, at)
    on conflict (month) do update set kept_off_at = at;
    return;
  end;
  was_watched := public.is_usage_month_watched(starts);
  -- Never fewer days than before: somebody's sums may be of them.
  watched := greatest(watched, (select watched_before from public.usage_proven_month where month = starts));
  for watch in select * from public.usage_watches(starts, watched) loop
    execute format('create or replace %s', watch.definition);
    -- Also where a session plays a replica.
    execute format('alter table usage_month.%I enable always trigger %I', name, watch.name);
  end loop;
  insert into public.usage_proven_month as held (month, watched_before, proven_before) values (starts, watched, starts)
  on conflict (month) do update
    set kept_off_at = null, watched_before = excluded.watched_before, proven_before = case when was_watched then held.proven_before else starts end;
end $$;

revoke execute on function watch_usage_month(date, date, timestamptz), note_usage_change() from public;
grant execute on function watch_usage_month(date, date, timestamptz) to tieout_app;
