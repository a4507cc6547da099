-- One refused hour must hold up no other, and an hour that grows while its report is under way must not be told twice.

alter table usage_window
  -- Up to which revision the provider refused to hear of it; a person has it tried again.
  add column refused_revision integer not null default 0,
  -- What is being told: written down before it is sent, so that a lost answer is asked for again with the same words.
  add column sending_revision integer,
  add column sending_quantity numeric,
  add check (refused_revision <= revision),
  add check (sending_revision <= revision),
  add check ((sending_revision is null) = (sending_quantity is null));
