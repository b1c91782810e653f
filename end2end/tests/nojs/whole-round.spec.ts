import { expect, test } from '../../fixtures/test.ts';
import { runOf } from '../../pages/frame.page.ts';
import { OperationsPage } from '../../pages/operations.page.ts';
import { RunPage } from '../../pages/run.page.ts';
import { SignInPage } from '../../pages/sign-in.page.ts';
import { TenantPage } from '../../pages/tenant.page.ts';

test.use({ javaScriptEnabled: false });

test('without JavaScript: sign in, list, filter, view, start a run, sign out', async ({ demo, goto, page }) => {
  const { name } = demo.directory('first');
  const operator = demo.account('operator');
  const operations = new OperationsPage(page);

  await goto('/admin/operations');
  await new SignInPage(page).signIn(operator);
  await expect(page).toHaveURL('/admin/operations');
  await expect(operations.rows).toHaveCount(50);

  await operations.narrow({ State: 'Blocked', Tenant: name });
  await expect(page).toHaveURL((url) => url.searchParams.get('state') === 'blocked');
  await expect(operations.rows.first().locator('[data-state]')).toHaveText('Blocked');
  await expect(operations.rows.locator('[data-state]:not([data-state="blocked"])')).toHaveCount(0);

  await operations.rows.first().getByRole('link', { name: 'View run' }).click();
  const run = new RunPage(page);
  await expect(run.state).toHaveText('Blocked');
  await expect(run.refusal).toContainText('Blocked: ');
  await expect(run.fact('Started')).toHaveText('Never started');

  await goto('/admin/tenants');
  await page.getByRole('main').getByRole('link', { name, exact: true }).click();
  await new TenantPage(page).button('Verify connection').click();
  const started = page.getByRole('main').getByRole('status').filter({ hasText: 'View run' });
  await expect(started).toContainText('is queued.');
  const id = await runOf(started.getByRole('link', { name: 'View run' }));
  await started.getByRole('link', { name: 'View run' }).click();
  await expect(page).toHaveURL(RunPage.path(id));
  await expect(async () => {
    await page.reload();
    await expect(run.state).toHaveText('Succeeded', { timeout: 100 });
  }).toPass({ timeout: 60_000 });

  await page.getByRole('banner').getByLabel(/^Account of/).click();
  await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click();
  await expect(new SignInPage(page).heading).toBeVisible();
  await goto(RunPage.path(id));
  await expect(new SignInPage(page).heading).toBeVisible();
});

test('without JavaScript: a wrong password says so, and keeps it out of the address', async ({ demo, goto, page }) => {
  await goto('/sign-in');
  const signIn = new SignInPage(page);
  await signIn.try(demo.account('operator').email, 'not-the-password');
  await expect(signIn.refusal).toHaveText('E-mail address or password is not right.');
  expect(page.url()).not.toContain('not-the-password');
});

test('without JavaScript: a refused sign-in keeps the address, and the page that was wanted', async ({ demo, goto, page }) => {
  const { email, password } = demo.account('operator');
  const wanted = '/admin/operations?state=blocked';
  await goto(wanted);
  const signIn = new SignInPage(page);
  for (const wrong of ['not-the-password', 'nor-this-one']) {
    await signIn.try(email, wrong);
    await expect(signIn.refusal).toHaveText('E-mail address or password is not right.');
    await expect(page.getByLabel('E-mail')).toHaveValue(email);
    await expect(page.getByLabel('Password')).toHaveValue('');
    expect(page.url()).not.toContain(encodeURIComponent(email));
  }
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(wanted);

  // Kept for this one form: the next person at this browser sees none of it.
  await page.context().clearCookies({ name: '__Host-tenant-atlas' });
  await goto('/sign-in');
  await expect(page.getByLabel('E-mail')).toHaveValue('');
});
