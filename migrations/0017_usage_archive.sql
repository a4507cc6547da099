-- Months of usage that nobody can send again any more are put away in files, and what the books need of them stays here.
-- The database itself compares what was put away with what it holds before it lets go of a month.

create table usage_archived_month (
  month date primary key check (extract(day from month) = 1),
  event_count bigint not null check (event_count >= 0),
  content_hash text not null,
  archived_at timestamptz not null,
  -- When the last of its events was brought back: they are copies then, and can be put away again.
  restored_at timestamptz
);

create table usage_archived_sum (
  customer_id text not null references customer,
  meter text not null,
  month date not null references usage_archived_month,
  event_count bigint not null check (event_count > 0),
  quantity numeric not null check (quantity >= 0),
  -- When the first and the last of these events happened, to know whose events of a time are put away.
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (customer_id, meter, month)
);

create table usage_archived_file (
  -- SHA-256 of its bytes: what a file is known by when it is brought back.
  file_hash text primary key,
  month date not null references usage_archived_month,
  name text not null,
  event_count bigint not null check (event_count > 0),
  -- When it was written last: a month that was put away twice lies in the files of the second time.
  archived_at timestamptz not null
);
create index usage_archived_file_month on usage_archived_file (month);

grant select on usage_archived_month, usage_archived_sum, usage_archived_file to tieout_app;

create trigger refuse_change before update of month, event_count, content_hash on usage_archived_month
  for each statement execute function refuse_change();
create trigger refuse_removal before delete or truncate on usage_archived_month for each statement execute function refuse_change();
create trigger refuse_change before update or delete or truncate on usage_archived_sum
  for each statement execute function refuse_change();
create trigger refuse_change before update of file_hash, month, name, event_count on usage_archived_file
  for each statement execute function refuse_change();
create trigger refuse_removal before delete or truncate on usage_archived_file for each statement execute function refuse_change();

-- When the file that a position is of began to be read: its events came in that month or later.
alter table usage_position add column began_at timestamptz;

-- SHA-256 over all that an event says, as src/store/usage-content.ts computes it.
create function usage_event_hash(event usage_event) returns bytea language sql stable as $$
  select sha256(convert_to(jsonb_build_array(
    encode(uuid_send(event.event_key), 'hex'), event.source, event.id, event.customer_id, event.meter, event.subject,
    (extract(epoch from event.occurred_at) * 1000000)::bigint::text, (extract(epoch from event.received_at) * 1000000)::bigint::text,
    event.value::text, event.properties
  )::text, 'UTF8'))
$$;

-- Half of a hash as a number. Halves add up to the same sum in whatever order rows are read.
create function usage_hash_half(hash bytea, starts integer) returns bigint language sql immutable as $$
  select ('x' || encode(substring(hash from starts for 8), 'hex'))::bit(64)::bigint
$$;

-- The sums of both halves, each modulo 2^64, as 32 hexadecimal digits.
create function usage_content_hash(first_sum numeric, second_sum numeric) returns text language sql immutable as $$
  select string_agg(lpad(to_hex((mod(mod(coalesce(half, 0), modulus) + modulus + modulus / 2, modulus) - modulus / 2)::bigint), 16, '0'), ''
    order by ordinal)
  from unnest(array[first_sum, second_sum]) with ordinality as halves(half, ordinal), (values (18446744073709551616::numeric)) as of(modulus)
$$;

-- Refuses a month that must stay: its events can still be sent again, wait for a customer, or came after books that were closed last.
create function refuse_kept_usage_month(starts date) returns void language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  ends date := (starts + interval '1 month')::date;
begin
  if ends::timestamp at time zone 'UTC' + interval '400 days' > clock_timestamp() then
    raise exception 'Usage of % is kept: its events came less than 400 days ago', to_char(starts, 'YYYY-MM') using errcode = 'TO004';
  end if;
  if exists (select from public.usage_event where customer_id is null and received_on >= starts and received_on < ends) then
    raise exception 'Usage of % is kept: events of it wait for their customer', to_char(starts, 'YYYY-MM') using errcode = 'TO004';
  end if;
  if exists (
    select from public.books_month where state = 'closed' group by entity
    having (array_agg(closed_at order by month desc))[1] < ends::timestamp at time zone 'UTC'
  ) then
    raise exception 'Usage of % is kept: books were closed before it came', to_char(starts, 'YYYY-MM') using errcode = 'TO004';
  end if;
  if exists (select from public.usage_archived_month where month = starts and restored_at is null) then
    raise exception 'Usage of % is kept: only part of it was brought back', to_char(starts, 'YYYY-MM') using errcode = 'TO004';
  end if;
end $$;

-- Lets nobody write into a month any more, so that what is compared with files stays as it was compared. It waits a quarter of a second for
-- its lock, because whoever writes usage waits behind it.
create function seal_usage_month(day date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '250ms' as $$
declare
  starts date := date_trunc('month', day)::date;
  held regclass := to_regclass('usage_month.event_' || to_char(starts, 'YYYY_MM'));
begin
  if held is null then
    raise exception 'There is no usage of %', to_char(starts, 'YYYY-MM') using errcode = 'TO004';
  end if;
  perform public.refuse_kept_usage_month(starts);
  if not exists (select from pg_constraint where conrelid = held and conname = 'sealed') then
    execute format('alter table %s add constraint sealed check (false) not valid', held);
  end if;
end $$;

-- Lets go of a sealed month whose events are in files. `content` is what was read back from the files: eventCount, contentHash, and
-- quantities by meter. Files, sums and the act are written down in the same transaction.
create function drop_usage_month(day date, content jsonb, files jsonb, actor text, at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '250ms' as $$
declare
  starts date := date_trunc('month', day)::date;
  ends date := (starts + interval '1 month')::date;
  label text := to_char(starts, 'YYYY-MM');
  held regclass := to_regclass('usage_month.event_' || to_char(starts, 'YYYY_MM'));
  stored jsonb;
  said jsonb;
begin
  perform public.refuse_kept_usage_month(starts);
  if not exists (select from pg_constraint where conrelid = held and conname = 'sealed') then
    raise exception 'Usage of % is kept: it is not sealed', label using errcode = 'TO004';
  end if;
  insert into public.usage_archived_month (month, event_count, content_hash, archived_at)
  values (starts, (content->>'eventCount')::bigint, content->>'contentHash', at)
  on conflict (month) do update set archived_at = excluded.archived_at, restored_at = null;

  with rows as (
    select customer_id, meter, value, occurred_at, public.usage_event_hash(event) as hash
    from public.usage_event event where received_on >= starts and received_on < ends
  ), sums as materialized (
    select customer_id, meter, count(*) as events, sum(value) as quantity, min(occurred_at) as first_at, max(occurred_at) as last_at,
      sum(public.usage_hash_half(hash, 1)) as first_half, sum(public.usage_hash_half(hash, 9)) as second_half
    from rows group by customer_id, meter
  ), kept as (
    insert into public.usage_archived_sum (customer_id, meter, month, event_count, quantity, first_at, last_at)
    select customer_id, meter, starts, events, quantity, first_at, last_at from sums
    on conflict (customer_id, meter, month) do nothing
  ), meters as (
    select meter, sum(quantity) as quantity from sums group by meter
  )
  select jsonb_build_object(
    'eventCount', coalesce(sum(events), 0),
    'contentHash', public.usage_content_hash(sum(first_half), sum(second_half)),
    'quantities', coalesce((select jsonb_object_agg(meter, quantity) from meters), '{}')
  ) into stored from sums;

  select jsonb_build_object(
    'eventCount', (content->>'eventCount')::numeric,
    'contentHash', content->>'contentHash',
    'quantities', coalesce((select jsonb_object_agg(key, value::numeric) from jsonb_each_text(content->'quantities')), '{}')
  ) into said;
  if said <> stored or (stored->>'contentHash') <> (select content_hash from public.usage_archived_month where month = starts) then
    raise exception 'Usage of % is kept: its files hold %, the database %', label, said, stored using errcode = 'TO005';
  end if;
  if (select coalesce(sum((file->>'eventCount')::numeric), 0) from jsonb_array_elements(files) as file) <> (stored->>'eventCount')::numeric then
    raise exception 'Usage of % is kept: its files do not add up', label using errcode = 'TO005';
  end if;

  insert into public.usage_archived_file (file_hash, month, name, event_count, archived_at)
  select file->>'fileHash', starts, file->>'name', (file->>'eventCount')::bigint, at from jsonb_array_elements(files) as file
  on conflict (file_hash) do update set archived_at = excluded.archived_at;
  insert into public.audit_entry (happened_at, actor, action, subject_kind, subject, detail)
  values (at, actor, 'usage-month-archived', 'usage-month', label, content || jsonb_build_object('files', files));

  -- Whoever asks for all of usage_event is waited for in short turns, because whoever writes usage waits behind us.
  for turn in 1..60 loop
    begin
      execute format('drop table %s', held);
      return;
    exception when lock_not_available then
      perform pg_sleep(0.5);
    end;
  end loop;
  raise exception 'Usage of % is kept: something reads usage all the time', label using errcode = '55P03';
end $$;

-- Says that every event of a month is here again, if it is so: counted first, because files come one after the other.
create function note_usage_month_restored(day date, actor text, at timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  starts date := date_trunc('month', day)::date;
  ends date := (starts + interval '1 month')::date;
  archived public.usage_archived_month;
  stored text;
begin
  select * into archived from public.usage_archived_month where month = starts for update;
  if archived.month is null
    or archived.event_count <> (select count(*) from public.usage_event where received_on >= starts and received_on < ends) then
    return false;
  end if;
  if archived.restored_at is not null then
    return true;
  end if;
  select public.usage_content_hash(sum(public.usage_hash_half(hash, 1)), sum(public.usage_hash_half(hash, 9))) into stored
  from (select public.usage_event_hash(event) as hash from public.usage_event event where received_on >= starts and received_on < ends) as rows;
  if stored <> archived.content_hash then
    raise exception 'Usage of % is not what was put away', to_char(starts, 'YYYY-MM') using errcode = 'TO005';
  end if;
  update public.usage_archived_month set restored_at = at where month = starts;
  insert into public.audit_entry (happened_at, actor, action, subject_kind, subject, detail)
  values (at, actor, 'usage-month-restored', 'usage-month', to_char(starts, 'YYYY-MM'),
    jsonb_build_object('eventCount', archived.event_count, 'contentHash', stored));
  return true;
end $$;

revoke execute on function seal_usage_month(date), drop_usage_month(date, jsonb, jsonb, text, timestamptz),
  note_usage_month_restored(date, text, timestamptz) from public;
grant execute on function seal_usage_month(date), drop_usage_month(date, jsonb, jsonb, text, timestamptz),
  note_usage_month_restored(date, text, timestamptz) to tieout_app;
