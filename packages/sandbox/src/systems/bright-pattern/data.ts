import type { ResolvedUser } from '../../users.ts'

/** The tenant's host name in the documentation's example. */
export const demoTenant = 'example.com'

/** An entry of Bright Pattern's directory. */
export interface DirectoryEntry {
  readonly extension: string
  readonly loginId: string
  readonly firstName: string
  readonly lastName: string
  /** The external number. */
  readonly external?: string
  readonly voiceMail: boolean
  readonly greeting: boolean
}

/** A task of Bright Pattern's Task Routing. */
export interface RoutedTask {
  readonly taskStatus: 'CREATED' | 'QUEUED' | 'DEFERRED' | 'COMPLETED'
  readonly priority: number
  readonly serviceName: string
  readonly order: 'fifo' | 'lifo'
  /** Empty until the task is completed. */
  readonly dispositionName: string
}

/** The directory, except for users of your own. */
export const directory: readonly DirectoryEntry[] = [
  entry('1000', 'cathy', 'Cathy', "O'Reilly (Dev)", '16505550100'),
  entry('1001', 'noor+test@example.com', 'Noor', 'Jansen'),
  entry('1002', 'tomas.ferreira', 'Tomás', 'Ferreira', '16505550102'),
  entry('1004', 'sheila.thomas', 'Sheila', 'Thomas'),
  entry('1005', 'wanda.bui', 'Wanda', 'Bui'),
  entry('1007', 'ingrid.solberg', 'Ingrid', 'Solberg', '16505550107'),
  entry('1008', 'kwame.mensah', 'Kwame', 'Mensah'),
  entry('2004', 'aiko.tanaka', 'Aiko', 'Tanaka'),
]

/** Adds the users who are not in {@link directory} to it. */
export function createDirectory(users: readonly ResolvedUser[]): readonly DirectoryEntry[] {
  const newUsers = users.filter(({ username }) => !directory.some(({ loginId }) => loginId === username))
  return [
    ...directory,
    ...newUsers.map(({ id, username, firstName, lastName }) =>
      entry(String(3000 + id), username, firstName, lastName),
    ),
  ]
}

/** The tasks by their IDs. */
export const routedTasks: Readonly<Record<string, RoutedTask>> = {
  '65736beabae70b588348f2b5': {
    taskStatus: 'DEFERRED',
    priority: 5,
    serviceName: 'New Task Processing Service',
    order: 'fifo',
    dispositionName: 'Abandoned',
  },
}

function entry(
  extension: string,
  loginId: string,
  firstName: string,
  lastName: string,
  external?: string,
): DirectoryEntry {
  const number = external === undefined ? {} : { external }
  return { extension, loginId, firstName, lastName, ...number, voiceMail: false, greeting: false }
}
