/** The only organization. */
export const classyOrganization: { readonly id: number; readonly name: string } = {
  id: 21_650,
  name: 'Harbour Light Foundation',
}

/** A campaign with those of Classy's members that the demo shows. */
export interface Campaign {
  readonly id: number
  readonly organization_id: number
  readonly name: string
  readonly status: 'active' | 'unpublished' | 'deactivated'
  readonly type: 'crowdfunding' | 'donation' | 'ticketed'
  /** In whole units of `currency_code`; `raw_goal` is the same amount as a decimal. */
  readonly goal: number
  readonly raw_goal: string
  readonly currency_code: string
  /** ISO date-time with `+0000`. */
  readonly started_at: string
  /** ISO date-time with `+0000`. */
  readonly ended_at: string | null
}

export const campaigns: readonly Campaign[] = [
  campaign(301_204, 'Winter Shelter Appeal', 'active', 'donation', 80_000, 'USD', '2026-10-01', '2027-02-28'),
  campaign(301_377, 'Run for the Reef 2026', 'active', 'crowdfunding', 120_000, 'USD', '2026-08-15', null),
  campaign(301_512, 'Books & Bikes', 'active', 'crowdfunding', 15_000, 'CAD', '2026-09-01', '2026-12-31'),
  campaign(302_009, 'Gala Night', 'active', 'ticketed', 45_000, 'USD', '2026-11-02', '2026-12-05'),
  campaign(302_118, 'Clean Water for Łódź', 'unpublished', 'donation', 30_000, 'EUR', '2027-01-10', null),
  campaign(
    298_640,
    'Spring Food Drive',
    'deactivated',
    'donation',
    22_500,
    'USD',
    '2026-03-01',
    '2026-05-31',
  ),
  campaign(302_256, 'Monthly Giving', 'active', 'donation', 10_000, 'USD', '2025-01-01', null),
  campaign(302_301, '“Every Mile” Walkathon', 'active', 'crowdfunding', 60_000, 'GBP', '2026-10-20', null),
]

function campaign(
  id: number,
  name: string,
  status: Campaign['status'],
  type: Campaign['type'],
  goal: number,
  currency_code: string,
  started: string,
  ended: string | null,
): Campaign {
  return {
    id,
    organization_id: classyOrganization.id,
    name,
    status,
    type,
    goal,
    raw_goal: goal.toFixed(3),
    currency_code,
    started_at: `${started}T00:00:00+0000`,
    ended_at: ended === null ? null : `${ended}T23:59:59+0000`,
  }
}
