import { expect, test } from '../../fixtures/test.ts';
import { OperationsPage } from '../../pages/operations.page.ts';

// Nobody takes runs off the queue, nor does another story.
test.use({ queueWorkers: 0, installation: 'watching' });

test('the list says what its queued runs wait for, and its address says what was asked', async ({ person }) => {
  const { page, goto } = await person('operator');
  const operations = new OperationsPage(page);
  await goto('/admin/operations?tenant=all');
  await operations.narrow({ State: 'Queued' });
  await expect(page).toHaveURL(/\/admin\/operations\?state=queued&tenant=all$/);
  const first = operations.rows.first();
  await expect(first.locator('[data-state]')).toHaveAttribute('data-state', 'queued');
  await expect(first.locator('[data-waiting]')).toHaveText('No worker');
});

test('on a narrow screen the filters fold, and unfold', async ({ person }) => {
  const { page, goto } = await person('operator');
  await page.setViewportSize({ width: 320, height: 800 });
  const operations = new OperationsPage(page);
  await goto('/admin/operations?tenant=all');
  const state = operations.filters.getByLabel('State', { exact: true });
  await expect(state).toBeHidden();
  await operations.filters.getByText('Filters', { exact: true }).click();
  await expect(state).toBeVisible();
});

test('the account menu closes on a press elsewhere and on Escape', async ({ person }) => {
  const { page, goto } = await person('operator');
  await goto('/admin/operations');
  const menu = page.locator('summary', { hasText: /./ }).and(page.locator('.person-menu > summary'));
  const inside = page.getByRole('button', { name: 'Sign out' });
  await menu.click();
  await expect(inside).toBeVisible();
  await page.getByRole('heading', { level: 1 }).click();
  await expect(inside).toBeHidden();
  await menu.click();
  await expect(inside).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(inside).toBeHidden();
  await expect(menu).toBeFocused();
});
