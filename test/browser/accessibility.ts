import type { Page } from 'playwright-core'
import axe from 'axe-core'

/** Returns what axe-core finds on the page, by rule and element. */
export async function findAxeViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run()
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
  })
}

/** Roles that only group others or that repeat the text of their parent. */
const silentRoles = ['none', 'generic', 'RootWebArea', 'StaticText', 'InlineTextBox', 'LabelText']

/** Returns the accessibility tree that Chromium gives to screen readers: role, name, description and states. */
export async function readAccessibilityTree(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page)
  const { nodes } = await session.send('Accessibility.getFullAXTree')
  await session.detach()
  const byId = new Map(nodes.map((node) => [node.nodeId, node]))
  // From the root downwards: Chromium lists the nodes level by level.
  const readNode = (id: string): string[] => {
    const {
      ignored,
      role,
      name,
      description,
      properties = [],
      childIds = [],
    } = byId.get(id) ?? { ignored: true }
    const children = childIds.flatMap(readNode)
    if (ignored || silentRoles.includes(role?.value as string)) return children
    const states = properties
      .filter(({ name: state, value }) => shownStates.includes(state) && isSet(value.value))
      .map(({ name: state }) => state)
    const texts = [name?.value, description?.value && `(${description.value})`]
    return [[role?.value, ...texts, ...states].filter(Boolean).join(' '), ...children]
  }
  return readNode(nodes[0]?.nodeId ?? '')
}

const shownStates = ['focused', 'invalid', 'required', 'disabled', 'modal', 'checked']
const isSet = (value: unknown): boolean => value !== undefined && value !== false && value !== 'false'
