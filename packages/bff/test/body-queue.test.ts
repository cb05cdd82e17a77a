import { expect, it } from 'vitest'
import { BodyQueue } from '../src/body-queue.ts'

function createQueue(): { queue: BodyQueue; calls: string[] } {
  const calls: string[] = []
  const record = (name: string) => (): void => void calls.push(name)
  const queue = new BodyQueue({
    pause: record('pause'),
    resume: record('resume'),
    cancel: record('cancel'),
  })
  return { queue, calls }
}

it('a body pauses its source while 64 kB wait, and resumes it when they are read', async () => {
  const { queue, calls } = createQueue()
  queue.push(Buffer.alloc(65_535))
  expect(calls).toEqual([])
  queue.push(Buffer.alloc(1))
  queue.push(Buffer.alloc(1))
  expect(calls).toEqual(['pause'])
  const chunks = queue[Symbol.asyncIterator]()
  await chunks.next()
  expect(calls).toEqual(['pause', 'resume'])
})

it('a body that has arrived can be taken whole, and one that broke cannot', async () => {
  const { queue } = createQueue()
  queue.push(Buffer.from('a'))
  expect(queue.takeWhole()).toBeNull()
  queue.push(Buffer.from('b'))
  queue.end()
  expect(String(queue.takeWhole())).toBe('ab')

  const { queue: broken } = createQueue()
  broken.push(Buffer.from('a'))
  broken.end(new Error('broken'))
  expect(broken.takeWhole()).toBeNull()
  const chunks = broken[Symbol.asyncIterator]()
  expect(String((await chunks.next()).value)).toBe('a')
  await expect(chunks.next()).rejects.toThrow('broken')
})

it('cancels its source once there is more to come, and not after its end', () => {
  const { queue, calls } = createQueue()
  queue.cancel()
  queue.end()
  queue.cancel()
  expect(calls).toEqual(['cancel'])
})
