-- Use that was told wrong is taken away, or told right, by a later event; what was told first stays as it is.

create table usage_correction (
  -- An event is corrected once.
  original_key uuid primary key,
  correcting_key uuid not null unique,
  kind text not null check (kind in ('retraction', 'replacement')),
  source text not null,
  original_id text not null,
  correcting_id text not null,
  -- Whose the original is; null while nobody knows.
  customer_id text,
  -- As the original has them, so that what was voided is known without it.
  meter text not null,
  subject text not null,
  occurred_at timestamptz not null,
  quantity numeric not null check (quantity >= 0),
  -- When the sender corrected it, and when we heard of it.
  corrected_at timestamptz not null,
  received_at timestamptz not null
);
create index usage_correction_customer on usage_correction (customer_id, meter, received_at);
create index usage_correction_unmatched on usage_correction (subject) where customer_id is null;

grant select, insert, update (customer_id) on usage_correction to tieout_app;
create trigger refuse_removal before delete or truncate on usage_correction for each statement execute function refuse_change();
create trigger refuse_change before update of original_key, correcting_key, kind, source, original_id, correcting_id, meter, subject,
  occurred_at, quantity, corrected_at, received_at on usage_correction for each statement execute function refuse_change();

-- What is taken from an hour is checked before it is added to what the hour has, as a row of revision 1 of its own.
alter table usage_window
  drop constraint if exists usage_window_quantity_check,
  drop constraint if exists usage_window_event_count_check,
  add constraint usage_window_event_count_check check (event_count >= 0 or revision = 1);
alter table usage_group_window drop constraint usage_group_window_event_count_check;
