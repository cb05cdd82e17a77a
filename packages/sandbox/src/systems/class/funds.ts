/** A fund with those of Class's members that the demo shows. */
export interface FundSummary {
  readonly Status: 'Active' | 'Cancelled' | 'Pending' | 'Suspended'
  readonly Code: string
  readonly Name: string
  readonly LegalEntityType: 'SMSF' | 'Trust' | 'Company'
  readonly BrandName: string
  readonly ABN: string
  /** ISO date-time. */
  readonly ProcessedToDate: string
}

export const fundSummaries: readonly FundSummary[] = [
  fund('ACACIA', 'Acacia Family Superannuation Fund', 'Active', 'SMSF', '51 824 753 556', '2026-10-31'),
  fund('BANKSIA', 'Banksia Retirement Fund', 'Active', 'SMSF', '33 102 417 032', '2026-11-15'),
  fund('CALDER', 'Calder & Sons Super Fund', 'Active', 'SMSF', '64 085 048 823', '2026-09-30'),
  fund('DELORAINE', 'Deloraine Investment Trust', 'Active', 'Trust', '98 008 624 691', '2026-11-10'),
  fund('EUCALA', 'Eucala Super Fund', 'Pending', 'SMSF', '12 004 044 937', '2026-06-30'),
  fund('FERNTREE', 'Fern Tree Superannuation Fund', 'Active', 'SMSF', '77 003 608 012', '2026-10-31'),
  fund('GREVILLEA', 'Grevillea Holdings', 'Active', 'Company', '21 006 165 975', '2026-11-01'),
  fund('HAKEA', 'Hakea Pension Fund', 'Suspended', 'SMSF', '48 123 123 124', '2026-03-31'),
  fund('IRONBARK', 'Ironbark Family Trust', 'Active', 'Trust', '83 914 571 673', '2026-11-12'),
  fund('JARRAH', 'Jarrah Super Fund', 'Active', 'SMSF', '65 147 905 271', '2026-10-31'),
  fund('KURRAJONG', 'Kurrajong Superannuation Fund', 'Cancelled', 'SMSF', '29 002 589 460', '2025-06-30'),
  fund('LILLYPILLY', 'Lilly Pilly “Evergreen” Fund', 'Active', 'SMSF', '37 001 024 095', '2026-11-14'),
]

function fund(
  Code: string,
  Name: string,
  Status: FundSummary['Status'],
  LegalEntityType: FundSummary['LegalEntityType'],
  ABN: string,
  processedTo: string,
): FundSummary {
  const ProcessedToDate = `${processedTo}T00:00:00`
  return { Status, Code, Name, LegalEntityType, BrandName: 'OAuth Test Business', ABN, ProcessedToDate }
}
