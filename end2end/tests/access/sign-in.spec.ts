import { SESSION_COOKIE } from '../../fixtures/session.ts';
import { expect, test } from '../../fixtures/test.ts';
import { Frame } from '../../pages/frame.page.ts';
import { RunPage } from '../../pages/run.page.ts';
import { SignInPage } from '../../pages/sign-in.page.ts';

test("a run's link leads somebody signed out through sign-in to the run", async ({ demo, goto, page, person }) => {
  const operator = await person('operator');
  const [known] = await operator.session.runs({});
  const path = RunPage.path(known?.id ?? '');

  await goto(path);
  await expect(page).toHaveURL((url) => url.pathname === '/sign-in');
  const signIn = new SignInPage(page);
  await expect(signIn.heading).toBeVisible();
  await signIn.signIn(demo.account('operator'));
  await expect(page).toHaveURL(path);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(known?.operation ?? '');
  await expect(new RunPage(page).fact('Run')).toHaveText(known?.id ?? '');
});

test('a wrong password and an unknown address are refused in the same words', async ({
  demo,
  goto,
  page,
  problems,
}) => {
  problems.expect(/status of 422/);
  const signIn = new SignInPage(page);
  const known = demo.account('manager').email;
  for (const [email, password] of [
    [known, 'not the password'],
    ['nobody@tenantatlas.example', 'not the password'],
  ] as const) {
    await goto('/sign-in');
    await signIn.try(email, password);
    await expect(signIn.refusal).toHaveText('E-mail address or password is not right.');
    await expect(page).toHaveURL((url) => url.pathname === '/sign-in');
  }
});

test('passwords cannot be tried for ever', async ({ goto, page }) => {
  const signIn = new SignInPage(page);
  await goto('/sign-in');
  for (let tries = 0; tries < 5; tries += 1) {
    const loaded = page.waitForEvent('load');
    await signIn.try('guessed@tenantatlas.example', `guess ${tries}`);
    await loaded;
    await expect(signIn.refusal).toHaveText('E-mail address or password is not right.');
    expect(page.url()).not.toContain('guess');
  }
  await signIn.try('guessed@tenantatlas.example', 'one more');
  await expect(signIn.refusal).toHaveText(/^Too many attempts\. Try again in (\d+ min )?\d+ s\.$/);
});

test('a stolen session is worth nothing after its person signed out', async ({ demo, goto, page, person }) => {
  const operator = await person('operator');
  const [cookie] = (await operator.context.cookies()).filter(({ name }) => name === SESSION_COOKIE);
  expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/' });

  await operator.goto('/admin/tenants');
  await new Frame(operator.page).signOut();
  await expect(new SignInPage(operator.page).heading).toBeVisible();
  await operator.goto('/admin/tenants');
  await expect(new SignInPage(operator.page).heading).toBeVisible();

  if (cookie) await page.context().addCookies([cookie]);
  await goto('/admin/operations?state=blocked');
  await expect(new SignInPage(page).heading).toBeVisible();
  expect(new URL(page.url()).searchParams.get('next')).toBe('/admin/operations?state=blocked');
  expect((await operator.session.ask('tenants/page', { ask: 'Page' })).status).toBe(401);

  await page.context().addCookies([
    { ...cookie!, value: 'f'.repeat(64) },
  ]);
  await goto('/admin/tenants');
  await expect(new SignInPage(page).heading).toBeVisible();
  await new SignInPage(page).signIn(demo.account('operator'));
  await expect(page).toHaveURL('/admin/tenants');
});
