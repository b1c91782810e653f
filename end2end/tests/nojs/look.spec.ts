import { expect, test } from '../../fixtures/test.ts';
import { SignInPage } from '../../pages/sign-in.page.ts';

test.use({ javaScriptEnabled: false });

test('without JavaScript: a theme is kept, and the server writes it at once', async ({ demo, goto, page }) => {
  await goto('/sign-in');
  await new SignInPage(page).signIn(demo.account('operator'));
  const root = page.locator('html');
  const choose = async (theme: string) => {
    await page.getByRole('banner').getByLabel(/^Account of/).click();
    await page.getByRole('button', { name: theme, exact: true }).click();
  };
  await expect(root).not.toHaveAttribute('data-theme');
  await choose('Dark');
  await expect(root).toHaveAttribute('data-theme', 'atlas-dark');
  await goto('/admin/operations');
  await expect(root).toHaveAttribute('data-theme', 'atlas-dark');
  await choose('Light');
  await expect(root).toHaveAttribute('data-theme', 'atlas');
  await expect(page).toHaveURL('/admin/operations');
  await choose('System');
  await expect(root).not.toHaveAttribute('data-theme');
});

test('without JavaScript: columns are left out by keyboard, and stay so', async ({ demo, goto, page }) => {
  await goto('/admin/operations?state=blocked');
  await new SignInPage(page).signIn(demo.account('operator'));
  const heading = page.getByRole('columnheader', { name: 'Started by' });
  await expect(heading).toBeVisible();
  const fold = page.locator('summary', { hasText: 'Columns' });
  await fold.focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('Started by').last().focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('Enter');
  await expect(heading).toBeHidden();
  await expect(page).toHaveURL('/admin/operations?state=blocked');
  await goto('/admin/operations');
  await expect(page.getByRole('columnheader', { name: 'Target' })).toBeVisible();
  await expect(heading).toBeHidden();
});
