import { expect, test } from '../../fixtures/test.ts';
import { RunPage } from '../../pages/run.page.ts';
import { SignInPage } from '../../pages/sign-in.page.ts';

// A run that is still queued is polled for.
test.use({ queueWorkers: 0, installation: 'watching' });

test('a session that lapses under an open page is told, and sign-in leads back to the page', async ({ person, problems }) => {
  problems.expect(/status of 401/);
  const operator = await person('operator');
  const { page } = operator;
  const [queued] = await operator.session.runs({ state: 'queued' });
  const path = RunPage.path(queued?.id ?? '');
  await operator.goto(path);

  // As if it had run out, or the person had signed out in another browser.
  expect((await operator.session.post('session/sign_out', {})).status).toBe(200);
  const main = page.getByRole('main');
  await expect(main.getByText('Sign in to go on.').first()).toBeVisible();
  await expect(new RunPage(page).state, 'what was shown stays').toHaveText('Queued');
  await main.getByRole('link', { name: 'Sign in' }).click();

  const signIn = new SignInPage(page);
  await expect(signIn.heading).toBeVisible();
  await signIn.signIn(operator.account);
  await expect(page).toHaveURL(path);
  await expect(new RunPage(page).state).toHaveText('Queued');
  await expect(main.getByText('Updates by itself')).toBeVisible();
});
