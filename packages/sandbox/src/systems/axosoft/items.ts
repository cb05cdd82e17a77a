/** A work item with those of Axosoft's members that the demo shows. */
export interface WorkItem {
  readonly id: number
  readonly name: string
  readonly status: { readonly id: number; readonly name: string }
  readonly assigned_to: { readonly id: number; readonly name: string; readonly type: 'user' }
  /** ISO date. */
  readonly due_date: string | null
  readonly priority: { readonly id: number; readonly name: string }
}

const status = {
  new: { id: 1, name: 'New' },
  active: { id: 2, name: 'In Progress' },
  testing: { id: 3, name: 'Ready for Testing' },
  done: { id: 4, name: 'Completed' },
}
const priority = {
  low: { id: 1, name: 'Low' },
  medium: { id: 2, name: 'Medium' },
  high: { id: 3, name: 'High' },
  urgent: { id: 4, name: 'Urgent' },
}
const cathy = { id: 7, name: "Cathy O'Reilly (Dev)", type: 'user' } as const
const noor = { id: 11, name: 'Noor Jansen', type: 'user' } as const
const tomas = { id: 14, name: 'Tomás Ferreira', type: 'user' } as const

export const workItems: readonly WorkItem[] = [
  item(
    4101,
    'Export loses the last row of a filtered list',
    status.active,
    cathy,
    '2026-12-01',
    priority.high,
  ),
  item(
    4102,
    'Keyboard focus is lost after closing a dialog',
    status.testing,
    noor,
    '2026-11-27',
    priority.medium,
  ),
  item(
    4103,
    'Invoice totals differ by a cent from the ledger',
    status.new,
    tomas,
    '2026-12-04',
    priority.urgent,
  ),
  item(4107, 'Show time zones next to due dates', status.new, cathy, null, priority.low),
  item(4110, 'Import stops at names with an apostrophe', status.active, tomas, '2026-12-02', priority.high),
  item(4112, 'Search finds archived items', status.done, noor, '2026-11-20', priority.medium),
  item(4115, 'Attachments over 20 MB time out', status.active, noor, '2026-12-09', priority.high),
  item(4118, 'Dark theme: charts are unreadable', status.testing, cathy, '2026-12-03', priority.medium),
  item(4121, 'Weekly digest is sent twice', status.new, tomas, '2026-12-08', priority.medium),
  item(4126, 'Document the webhook retry schedule', status.new, noor, null, priority.low),
  item(4130, 'Undo after bulk delete', status.new, cathy, '2027-01-15', priority.medium),
  item(4133, 'Burndown counts reopened items once only', status.done, tomas, '2026-11-18', priority.low),
]

function item(
  id: number,
  name: string,
  itemStatus: WorkItem['status'],
  assignee: WorkItem['assigned_to'],
  due: string | null,
  itemPriority: WorkItem['priority'],
): WorkItem {
  return { id, name, status: itemStatus, assigned_to: assignee, due_date: due, priority: itemPriority }
}
