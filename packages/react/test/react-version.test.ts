import { version } from 'react'
import { version as domVersion } from 'react-dom'
import { version as serverVersion } from 'react-dom/server'
import { expect, it } from 'vitest'

it('runs the tests of this project with its version of React', () => {
  const major = process.env['REACT_MAJOR']
  expect([version, domVersion, serverVersion].map((text) => text.split('.')[0])).toEqual([
    major,
    major,
    major,
  ])
})
