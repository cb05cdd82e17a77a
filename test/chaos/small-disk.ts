import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** A small file system in memory. */
export interface SmallDisk {
  readonly folder: string
  /** Fills what is left of it, until the returned function is called. */
  readonly fill: () => () => void
  readonly remove: () => void
}

/** Mounts a small disk at a folder that it creates. Returns the reason where this is not possible. */
export function mountSmallDisk(folder: string): SmallDisk | string {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux'
  mkdirSync(folder, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], { stdio: 'pipe' })
  } catch {
    return 'mount of a tmpfs is not allowed here'
  }
  return {
    folder,
    fill: () => fill(join(folder, 'filling')),
    remove: () => execFileSync('umount', ['--lazy', folder], { stdio: 'pipe' }),
  }
}

function fill(file: string): () => void {
  const handle = openSync(file, 'w')
  try {
    // A write that is too long fills the rest first.
    for (let size = 65_536; size >= 1; size >>= 4)
      for (;;) if (writeSync(handle, new Uint8Array(size)) < size) break
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  } finally {
    closeSync(handle)
  }
  return () => rmSync(file)
}
