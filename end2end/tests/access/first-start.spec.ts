import { Fresh } from '../../fixtures/fresh.ts';
import { hydrated } from '../../fixtures/person.ts';
import { expect, test } from '../../fixtures/test.ts';
import { SetupPage } from '../../pages/setup.page.ts';
import { SignInPage } from '../../pages/sign-in.page.ts';

const OLIVIA = {
  name: 'Olivia Tran',
  email: 'olivia@tenantatlas.example',
  password: 'violet tractor umbrella',
  workspace: 'Contoso Group',
};
const MALLORY = { ...OLIVIA, name: 'Mallory', email: 'mallory@tenantatlas.example' };

const USELESS = /^This link was used, has run out, or a newer one was printed\./;

test('the link that the first start prints makes the first owner, once', async ({ page, problems }) => {
  problems.expect(/status of 422/);
  await Fresh.with(async (fresh) => {
    let older = '';
    await fresh.serve(async ({ setupLink }) => {
      older = new URL(setupLink).pathname;
    });
    await fresh.serve(async ({ url, setupLink }) => {
      const setup = new SetupPage(page);

      await test.step('a link that was printed before is worth nothing', async () => {
        await page.goto(url + older);
        await hydrated(page);
        await setup.setUp(MALLORY);
        await expect(setup.refusal).toHaveText(USELESS);
        await expect(setup.heading).toBeVisible();
      });

      await test.step('the newest one makes the owner of the first workspace', async () => {
        await page.goto(setupLink);
        await hydrated(page);
        await setup.setUp(OLIVIA);
        await expect(page).toHaveURL(`${url}/admin/tenants`);
        await expect(page.getByRole('banner')).toContainText(OLIVIA.workspace);
        await expect(page.getByRole('banner').getByLabel(`Account of ${OLIVIA.name}`)).toBeVisible();
        await page.goto(`${url}/admin/members`);
        const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: OLIVIA.name }) });
        await expect(row.getByLabel(`Role of ${OLIVIA.name}`).locator('option:checked')).toHaveText('Owner');
      });

      await test.step('it works once', async () => {
        await page.context().clearCookies();
        await page.goto(setupLink);
        await hydrated(page);
        await setup.setUp(MALLORY);
        await expect(setup.refusal).toHaveText(USELESS);
      });

      await test.step('the owner signs in with what was chosen', async () => {
        await page.goto(`${url}/sign-in`);
        await hydrated(page);
        const signIn = new SignInPage(page);
        await signIn.try(MALLORY.email, MALLORY.password);
        await expect(signIn.refusal).toHaveText('E-mail address or password is not right.');
        await signIn.try(OLIVIA.email, OLIVIA.password);
        await expect(page).toHaveURL(`${url}/admin/tenants`);
      });
      // The server stops now, and nothing on the page may ask it for more.
      await page.goto('about:blank');
    });
    await fresh.serve(async ({ setupLink }) => {
      expect(setupLink, 'nobody else is asked to set anything up').toBe('');
    });
  });
});
