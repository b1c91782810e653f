import { Session } from '../../fixtures/session.ts';
import { expect, test } from '../../fixtures/test.ts';

test.use({ installation: 'account' });

const NEW = 'copper lantern meadow';

test('people see their sessions, end one, and a new password ends the others', async ({ demo, person }) => {
  const operator = await person('operator');
  const { page } = operator;
  const other = await Session.start(demo.url, operator.account);
  const third = await Session.start(demo.url, operator.account);
  await operator.goto('/admin/account');
  const sessions = page.getByRole('table', { name: /^Sessions/ });
  await expect(sessions.getByText('This session')).toHaveCount(1);
  await expect(sessions.getByRole('button')).toHaveCount(2);

  await sessions.getByRole('button').first().click();
  await expect(sessions.getByRole('button')).toHaveCount(1);
  const alive = async (session: Session) => (await session.get('/admin/tenants')).status === 200;
  expect([await alive(other), await alive(third)].filter(Boolean)).toHaveLength(1);

  await page.getByLabel('Current password').fill('not the password');
  await page.getByLabel('New password').fill(NEW);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByRole('alert').filter({ hasText: /\S/ })).toHaveText('This is not your current password.');
  await page.getByLabel('Current password').fill(operator.account.password);
  await page.getByLabel('New password').fill(NEW);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByRole('main')).toContainText('Your password is changed');
  expect(page.url()).not.toContain('lantern');
  expect([await alive(other), await alive(third)]).toEqual([false, false]);
  await Session.start(demo.url, { ...operator.account, password: NEW });
});
