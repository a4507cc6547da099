-- How far a source of usage was read is stored with what was read, so that neither can be ahead of the other; what was refused is counted.

create table usage_position (
  source text not null,
  partition text not null,
  -- The source's own word.
  position text not null,
  moved_at timestamptz not null,
  primary key (source, partition)
);

create table refused_usage (
  source text not null,
  code text not null,
  event_count bigint not null check (event_count > 0),
  -- The latest few, as they came, each with the place where the source has it.
  samples jsonb not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (source, code)
);

grant select, insert, update on usage_position, refused_usage to tieout_app;
