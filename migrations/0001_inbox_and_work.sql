-- Messages must survive before anything is done about them, and work that is still owed must outlive every job runner.

create table inbox_message (
  seq bigint generated always as identity primary key,
  provider text not null,
  account text not null,
  delivery_id text not null,
  type text not null,
  occurred_at timestamptz not null,
  received_at timestamptz not null,
  body text not null,
  body_hash text not null,
  disposition text check (disposition in ('posted', 'no-op', 'exception')),
  disposition_detail text,
  disposed_at timestamptz,
  unique (provider, account, delivery_id),
  check ((disposition is null) = (disposed_at is null))
);
create index inbox_message_waiting on inbox_message (seq) where disposition is null;
create index inbox_message_exception on inbox_message (seq) where disposition = 'exception';

-- Fences come from one sequence, so that an item made anew under the same name never accepts an old runner.
create sequence work_seq;
create sequence work_fence;

create table work_item (
  queue text not null,
  subject text not null,
  seq bigint not null default nextval('work_seq'),
  order_key text,
  due_at timestamptz not null,
  state text not null default 'ready' check (state in ('ready', 'running', 'parked')),
  attempt integer not null default 0 check (attempt >= 0),
  fence bigint not null default 0,
  lease_until timestamptz,
  again_at timestamptz,
  last_error text,
  enqueued_at timestamptz not null,
  primary key (queue, subject),
  check ((state = 'running') = (lease_until is not null)),
  check (again_at is null or state = 'running')
);
create index work_item_due on work_item (queue, due_at, seq) where state = 'ready';
create index work_item_next on work_item (due_at) where state = 'ready';
create index work_item_leased on work_item (queue, lease_until) where state = 'running';
create index work_item_parked on work_item (queue, seq) where state = 'parked';
create index work_item_in_order on work_item (queue, order_key, seq) where order_key is not null and state <> 'parked';

create table sweep_mark (
  connection text not null,
  stream text not null,
  mark text not null,
  swept_at timestamptz not null,
  primary key (connection, stream)
);
