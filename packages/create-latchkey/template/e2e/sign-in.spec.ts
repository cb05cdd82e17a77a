import { cathy, workItems } from '@latchkey/sandbox'
import { expect, test } from '@playwright/test'

test('signs in, shows data, and stays signed in after a reload', async ({ page }) => {
  await page.goto('/')
  await page.getByLabel('Login ID').fill(cathy.username)
  await page.getByLabel('Password', { exact: true }).fill(cathy.password)
  await page.getByRole('button', { name: 'Sign in' }).click()

  const item = page.getByText(workItems[0]!.name)
  await expect(item).toBeVisible()
  await page.reload()
  await expect(item).toBeVisible()
})

test('shows a sentence for a wrong password', async ({ page }) => {
  await page.goto('/')
  await page.getByLabel('Login ID').fill(cathy.username)
  await page.getByLabel('Password', { exact: true }).fill('wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('alert')).toContainText('is not right')
})
