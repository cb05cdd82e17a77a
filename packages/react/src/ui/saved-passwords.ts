import type { Platform } from '@latchkey/core'

/** A password that the browser has saved for a username. */
interface SavedPassword {
  readonly id: string
  readonly password: string
}

/** What Chromium adds to a platform, in secure contexts. */
interface PasswordPlatform {
  readonly navigator: {
    readonly credentials: {
      readonly get: (options: object) => Promise<SavedPassword | null>
      readonly store: (credential: unknown) => Promise<unknown>
    }
  }
  readonly PasswordCredential: new (data: SavedPassword) => unknown
}

/**
 * Lets the user choose one of the passwords that the browser has saved: since Chrome 149 in a dialog that appears only
 * if there are any. Always by a choice, so that a sign-in never happens without the user.
 *
 * @throws in browsers without this; in Chrome also if there are no passwords, or the user chooses none
 */
export async function fetchSavedPassword(platform: Platform): Promise<SavedPassword | null> {
  const { credentials } = (platform as unknown as PasswordPlatform).navigator
  return await credentials.get({ password: true, uiMode: 'immediate', mediation: 'required' })
}

/**
 * Offers the browser to save a password that was right. It decides, and may ask the user.
 *
 * @throws in browsers without this, and without a username or a password
 */
export async function savePassword(platform: Platform, id: string, password = ''): Promise<unknown> {
  const { PasswordCredential, navigator } = platform as unknown as PasswordPlatform
  return await navigator.credentials.store(new PasswordCredential({ id, password }))
}
