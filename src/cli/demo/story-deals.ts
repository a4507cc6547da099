/**
 * Sample deals, as sales enters them. Acme Bank is the enterprise deal with every term the pipe must carry; the others
 * show advance billing, a negotiated discount, a ramp, a European seller and a mistake.
 */

/** 50,000.00 USD a month in arrears; 10M tokens included, 0.004 USD per 1,000 over that less 20 %; NET 60; a PO. */
export const acmeBank = {
  Name: 'Acme Bank: AI platform',
  CloseDate: '2026-01-01',
  account: {
    Name: 'Acme Bank',
    BillingStreet: '1 Harbor Square',
    BillingCity: 'New York',
    BillingState: 'NY',
    BillingPostalCode: '10004',
    BillingCountry: 'United States',
  },
  contact: { FirstName: 'Accounts', LastName: 'Payable', Email: 'ap@acme-bank.example' },
  Payment_Terms__c: 'NET 60',
  PO_Number__c: 'PO-7741',
  Contract_Months__c: 12,
  Quarterly_True_Up__c: true,
  lines: [
    {
      product: { Name: 'AI Platform', ProductCode: 'AI-PLATFORM', Family: 'Platform', listPrice: 50_000 },
      Quantity: 1,
      UnitPrice: 50_000,
      Line_Kind__c: 'Fee',
      Billing_Frequency__c: 'Monthly',
      Billing_Timing__c: 'Arrears',
    },
    {
      product: { Name: 'AI Tokens', ProductCode: 'AI-TOKENS', Family: 'usage', listPrice: 0 },
      Quantity: 1,
      UnitPrice: 0,
      Line_Kind__c: 'Usage',
      Billing_Frequency__c: 'Monthly',
      Billing_Timing__c: 'Arrears',
      Meter__c: 'tokens',
      Included_Units__c: 10_000_000,
      Unit_Size__c: 1000,
      Overage_Price__c: 0.004,
      Overage_Discount__c: 20,
    },
  ],
} as const

/** 40 seats at 300 a year instead of 360, for the year in advance. Its terms are not in the lookup table, so it fails first. */
export const harborSeats = {
  Name: 'Blue Harbor Logistics: 40 seats',
  CloseDate: '2026-01-01',
  account: {
    Name: 'Blue Harbor Logistics',
    BillingStreet: '200 Pier Road',
    BillingCity: 'Boston',
    BillingState: 'MA',
    BillingPostalCode: '02110',
    BillingCountry: 'USA',
  },
  contact: { FirstName: 'Accounts', LastName: 'Payable', Email: 'ap@blue-harbor.example' },
  Payment_Terms__c: 'Net 45 EOM',
  Contract_Months__c: 12,
  lines: [
    {
      product: { Name: 'Team Seats', ProductCode: 'SEATS', Family: 'Seats', listPrice: 360 },
      Quantity: 40,
      UnitPrice: 300,
      Line_Kind__c: 'Seats',
      Billing_Frequency__c: 'Annual',
      Billing_Timing__c: 'Advance',
    },
  ],
} as const

/** 2,000.00 USD a month in advance, NET 30. */
export const graniteFee = {
  Name: 'Granite Peak Software: platform',
  CloseDate: '2026-01-01',
  account: {
    Name: 'Granite Peak Software',
    BillingStreet: '77 Summit Avenue',
    BillingCity: 'Denver',
    BillingState: 'CO',
    BillingPostalCode: '80202',
    BillingCountry: 'US',
  },
  contact: { FirstName: 'Accounts', LastName: 'Payable', Email: 'ap@granite-peak.example' },
  Payment_Terms__c: 'NET 30',
  Contract_Months__c: 12,
  lines: [
    {
      product: { Name: 'Starter Platform', ProductCode: 'STARTER', Family: 'Platform', listPrice: 2000 },
      Quantity: 1,
      UnitPrice: 2000,
      Line_Kind__c: 'Fee',
      Billing_Frequency__c: 'Monthly',
      Billing_Timing__c: 'Advance',
    },
  ],
} as const

/** 25 seats at 40.00 EUR a month, sold by the European entity. */
export const nordseeSeats = {
  deal: {
    dealname: 'Nordsee Versand: 25 seats',
    closedate: '2026-01-01T12:00:00Z',
    deal_currency_code: 'EUR',
    payment_terms: 'Net 30',
    contract_months: '12',
    billing_email: 'rechnung@nordsee-versand.example',
    entity: 'EU',
  },
  company: {
    name: 'Nordsee Versand',
    address: 'Hafenstrasse 5',
    city: 'Hamburg',
    zip: '20457',
    country: 'Germany',
  },
  lines: [
    {
      name: 'Team Seats',
      hs_sku: 'SEATS',
      quantity: '25',
      price: '40',
      recurringbillingfrequency: 'monthly',
      hs_recurring_billing_period: 'P12M',
      line_kind: 'seats',
      billing_timing: 'advance',
    },
  ],
} as const

/** 6,000.00 USD a quarter in advance. */
export const mapleQuarterly = {
  deal: {
    dealname: 'Maple Street Clinics: platform',
    closedate: '2026-01-01T12:00:00Z',
    deal_currency_code: 'USD',
    payment_terms: 'Net 15',
    contract_months: '12',
    billing_email: 'ap@maple-street.example',
  },
  company: {
    name: 'Maple Street Clinics',
    address: '9 Maple Street',
    city: 'Columbus',
    state: 'OH',
    zip: '43215',
    country: 'United States',
  },
  lines: [
    {
      name: 'Starter Platform',
      hs_sku: 'STARTER',
      quantity: '1',
      price: '6000',
      recurringbillingfrequency: 'quarterly',
      hs_recurring_billing_period: 'P12M',
      line_kind: 'fee',
      billing_timing: 'advance',
    },
  ],
} as const

/** Two meters without included units: 0.50 USD per million context tokens, 1.50 per million generated ones. */
export const traceDeal = {
  Name: 'Quartz Assistants: tokens',
  account: {
    Name: 'Quartz Assistants',
    BillingStreet: '12 Mineral Way',
    BillingCity: 'Austin',
    BillingState: 'TX',
    BillingPostalCode: '78701',
    BillingCountry: 'US',
  },
  contact: { FirstName: 'Accounts', LastName: 'Payable', Email: 'ap@quartz-assistants.example' },
  Payment_Terms__c: 'NET 30',
  Contract_Months__c: 12,
  lines: [
    meteredLine('CONTEXT', 'Context Tokens', 'context_tokens', 0.5),
    meteredLine('GENERATED', 'Generated Tokens', 'generated_tokens', 1.5),
  ],
}

function meteredLine(ProductCode: string, Name: string, meter: string, pricePerMillion: number) {
  return {
    product: { Name, ProductCode, Family: 'usage', listPrice: 0 },
    Quantity: 1,
    UnitPrice: 0,
    Line_Kind__c: 'Usage',
    Billing_Frequency__c: 'Monthly',
    Billing_Timing__c: 'Arrears',
    Meter__c: meter,
    Included_Units__c: 0,
    Unit_Size__c: 1_000_000,
    Overage_Price__c: pricePerMillion,
    Overage_Discount__c: 0,
  }
}
