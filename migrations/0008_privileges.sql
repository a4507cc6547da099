-- The application may add facts and move what moves; it may not change a fact, and it owns nothing but its doorbell.

grant usage on schema public to tieout_app;
grant select on all tables in schema public to tieout_app;
grant usage on sequence work_seq, work_fence, contract_number to tieout_app;

-- Facts: append only. The ledger's own number and database transaction cannot be chosen.
grant insert on billing_fact, deal_alias, deal_snapshot, mapping_version, mapping_activation, customer_alias, contract_version,
  ledger_entry, journal_transaction, reconciliation_difference, audit_entry to tieout_app;
grant insert (
  transaction_id, fact_key, fingerprint, reason, source_id, entity, occurred_at, accounting_date, month, recorded_at, memo, line_count
) on ledger_transaction to tieout_app;

-- Facts with a part that moves.
grant insert, update (disposition, disposition_detail, disposed_at) on inbox_message to tieout_app;
grant insert, update (customer_id) on usage_event to tieout_app;
grant insert (entity, month), update (state, closed_at, closed_by, seal) on books_month to tieout_app;
grant insert, update (state, state_detail, erp_id, posted_at) on journal to tieout_app;
grant insert, update (state, finished_at, population, matched, difference_count, state_detail) on reconciliation_run to tieout_app;
grant insert, update (revoked_at) on api_key to tieout_app;
grant insert, update (name, provider_customer_id) on customer to tieout_app;
grant insert, update (state, current_version, starts_on, ends_before, subscription_id, activated_at) on contract to tieout_app;

-- Where something stands.
grant insert, update on deal_case, external_op, exception, usage_window, sweep_mark to tieout_app;
grant insert, update, delete on work_item, api_answer to tieout_app;

create schema pgboss authorization tieout_app;

do $$
declare
  fact text;
begin
  foreach fact in array array[
    'billing_fact', 'deal_alias', 'deal_snapshot', 'mapping_version', 'mapping_activation', 'contract_version', 'ledger_transaction',
    'ledger_entry', 'journal_transaction', 'reconciliation_difference', 'audit_entry'
  ] loop
    execute format(
      'create trigger refuse_change before update or delete or truncate on %I for each statement execute function refuse_change()', fact
    );
  end loop;
  foreach fact in array array['inbox_message', 'usage_event', 'books_month', 'journal', 'deal_case', 'customer', 'contract'] loop
    execute format(
      'create trigger refuse_removal before delete or truncate on %I for each statement execute function refuse_change()', fact
    );
  end loop;
end $$;

create trigger refuse_change before update of seq, provider, account, delivery_id, type, occurred_at, received_at, body, body_hash
  on inbox_message for each statement execute function refuse_change();
create trigger refuse_change before update of event_key, source, id, body_hash, meter, subject, occurred_at, received_at, value, properties
  on usage_event for each statement execute function refuse_change();
create trigger refuse_change before update of external_id, entity, month, currency, chunk, content, content_hash, drafted_at
  on journal for each statement execute function refuse_change();
