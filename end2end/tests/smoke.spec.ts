import { expectAccessible } from '../fixtures/a11y.ts';
import { expect, test } from '../fixtures/test.ts';

test('the first page is rendered, and taken over by its script', async ({ goto, page }) => {
  const response = await goto('/');
  expect(response?.status()).toBe(200);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});

for (const scheme of ['light', 'dark'] as const) {
  test(`the first page is accessible in the ${scheme} theme`, async ({ goto, page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await goto('/');
    await expectAccessible(page);
  });
}

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the first page says what it is', async ({ goto, page }) => {
    await goto('/');
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  });
});
