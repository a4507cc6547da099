-- A usage event counts once, whoever sends it again, and its hour is added up in the same transaction so that nothing has to be recounted.

create table usage_event (
  -- The first 16 bytes of SHA-256 over source and id: a third of the index of the two texts.
  event_key uuid primary key,
  source text not null,
  id text not null,
  body_hash text not null,
  -- No foreign key: it would cost more than the rest of the row. The id comes from customer_alias, which has one.
  customer_id text,
  meter text not null,
  subject text not null,
  occurred_at timestamptz not null,
  received_at timestamptz not null,
  value numeric not null check (value >= 0),
  properties jsonb not null
);
create index usage_event_customer on usage_event (customer_id, meter, occurred_at) where customer_id is not null;
create index usage_event_unmatched on usage_event (subject, occurred_at) where customer_id is null;
create index usage_event_received on usage_event using brin (received_at);

create table usage_window (
  customer_id text not null references customer,
  meter text not null,
  starts_at timestamptz not null,
  quantity numeric not null check (quantity >= 0),
  event_count bigint not null check (event_count >= 0),
  revision integer not null check (revision >= 1),
  reported_revision integer not null default 0,
  reported_quantity numeric not null default 0,
  reported_at timestamptz,
  changed_at timestamptz not null,
  primary key (customer_id, meter, starts_at),
  check (reported_revision <= revision)
);
create index usage_window_unreported on usage_window (starts_at, customer_id, meter) where revision > reported_revision;
