import { expect, test } from '../../fixtures/test.ts';

test('an invitation is copied, and its used link says that it leads nowhere', async ({ browser, demo, person, problems }) => {
  problems.expect(/status of 404/);
  const owner = await person('owner');
  const { page } = owner;
  await owner.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await owner.goto('/admin/members/invitations');
  await page.getByLabel('E-mail').fill('noor@tenantatlas.example');
  await page.getByRole('button', { name: 'Make invitation' }).click();
  const shown = page.locator('#invitation-link');
  await expect(shown).toContainText('/join/');
  await page.locator('body[data-hydrated]').waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Copied' })).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toBe(await shown.textContent());

  const context = await browser.newContext();
  problems.watch(context);
  const guest = await context.newPage();
  await guest.goto(link);
  await guest.getByLabel('Your name').fill('Noor');
  await guest.getByLabel('Password').fill('violet tractor umbrella');
  await guest.getByRole('button', { name: 'Join' }).click();
  await expect(guest.getByRole('heading', { level: 1 })).toHaveText('Tenants');

  // Used, it is told from one that never was by nothing.
  const said = async (address: string) => {
    const answer = await guest.goto(address);
    expect(answer?.status()).toBe(404);
    await expect(guest.getByRole('heading', { level: 1 })).toHaveText('This link leads nowhere');
    return guest.getByRole('main').innerText();
  };
  expect(await said(link)).toBe(await said(`${demo.url}/join/${'x'.repeat(43)}`));
  await context.close();
});
