-- Every comparison of two books, every act of a person and every answer given under a repeat key must be shown again on demand.

create table reconciliation_run (
  run_id text primary key,
  check_name text not null,
  entity text,
  state text not null check (state in ('running', 'finished', 'failed')),
  started_at timestamptz not null,
  finished_at timestamptz,
  population bigint not null default 0,
  matched bigint not null default 0,
  difference_count bigint not null default 0,
  state_detail text,
  check ((state = 'running') = (finished_at is null))
);
create index reconciliation_run_latest on reconciliation_run (check_name, started_at desc);

create table reconciliation_difference (
  run_id text not null references reconciliation_run,
  ordinal integer not null check (ordinal >= 1),
  check_name text not null,
  subject_kind text not null,
  subject text not null,
  field text not null,
  expected text,
  found text,
  amount_minor bigint,
  currency text,
  cause text not null,
  occurred_at timestamptz,
  primary key (run_id, ordinal),
  check ((amount_minor is null) = (currency is null))
);
create index reconciliation_difference_subject on reconciliation_difference (subject_kind, subject);

create table audit_entry (
  seq bigint generated always as identity primary key,
  happened_at timestamptz not null,
  actor text not null,
  action text not null,
  subject_kind text not null,
  subject text not null,
  detail jsonb not null
);
create index audit_entry_subject on audit_entry (subject_kind, subject, seq);
create index audit_entry_actor on audit_entry (actor, seq);

create table api_key (
  key_id text primary key,
  prefix text not null unique,
  hash text not null unique,
  name text not null,
  scopes jsonb not null,
  created_at timestamptz not null,
  created_by text not null,
  expires_at timestamptz,
  revoked_at timestamptz
);

create table api_answer (
  key_id text not null,
  method text not null,
  route text not null,
  idempotency_key text not null,
  body_hash text not null,
  status integer,
  content_type text,
  body text,
  created_at timestamptz not null,
  primary key (key_id, method, route, idempotency_key)
);
create index api_answer_age on api_answer (created_at);
