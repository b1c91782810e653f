import type { Page } from '@playwright/test';
import { Fresh } from '../../fixtures/fresh.ts';
import { type Provider, type ProviderTenant, withProvider } from '../../fixtures/provider.ts';
import { expect, test } from '../../fixtures/test.ts';
import { RunPage } from '../../pages/run.page.ts';
import { SettingUp } from '../../pages/setting-up.page.ts';
import { SetupPage } from '../../pages/setup.page.ts';
import { TenantPage } from '../../pages/tenant.page.ts';

const OLIVIA = {
  name: 'Olivia Tran',
  email: 'olivia@tenantatlas.example',
  password: 'violet tractor umbrella',
  workspace: 'Contoso Group',
};

/** Starts the real server and the provider's stand-in, both as programs of their own. */
async function fromEmpty(walk: (setupLink: string, directory: ProviderTenant) => Promise<void>): Promise<void> {
  await withProvider(async ({ url, tenants }: Provider) => {
    const [directory] = tenants;
    if (!directory) throw new Error('the sandbox has no directory');
    await Fresh.with(async (fresh) => {
      await fresh.connectTo(url);
      await fresh.serve(({ setupLink }) => walk(setupLink, directory));
    });
  });
}

/** From the link that the first start prints to an active tenant. */
async function bringIntoService(page: Page, setupLink: string, directory: ProviderTenant): Promise<void> {
  const settingUp = new SettingUp(page);
  const tenant = new TenantPage(page);
  const heading = page.getByRole('heading', { level: 1 });

  await test.step('the first person owns the first workspace, which is empty', async () => {
    await page.goto(setupLink);
    await new SetupPage(page).setUp(OLIVIA);
    await expect(heading).toHaveText('Tenants');
    await expect(page.getByRole('main')).toContainText('No tenants yet');
  });

  await test.step('a tenant is added as a draft, in which nothing runs', async () => {
    await page.getByRole('link', { name: 'Add the first tenant' }).click();
    await expect(heading).toHaveText('Add a tenant');
    await settingUp.addTenant('Fabrikam', directory.tenant_id);
    await expect(heading).toHaveText('Fabrikam');
    await expect(page.getByRole('main')).toContainText('Nothing runs in it.');
    await expect(tenant.button('Verify connection')).toBeDisabled();
  });

  await test.step('it is connected with a secret that nobody sees again', async () => {
    await page.getByRole('link', { name: 'Connect this tenant' }).click();
    await expect(heading).toHaveText('Connection of Fabrikam');
    await settingUp.connect(directory);
    await expect(heading).toHaveText('Fabrikam');
    await expect(page.getByRole('region', { name: 'Provider connection' })).toContainText('Stored');
    expect(await page.content()).not.toContain(directory.client_secret);
  });

  await test.step('it is brought into service', async () => {
    await tenant.button('Begin onboarding').click();
    await expect(page.getByRole('main')).toContainText('the connection check runs, and nothing else');
    await expect(tenant.button('Sync inventory')).toBeDisabled();
    await tenant.button('Activate without a verified connection').click();
    await expect(page.getByRole('main')).toContainText('Every operation can be started.');
    await expect(tenant.button('Activate without a verified connection')).toHaveCount(0);
  });
}

test('from an empty installation to a verified tenant', async ({ page }) => {
  await fromEmpty(async (setupLink, directory) => {
    await bringIntoService(page, setupLink, directory);
    await test.step('the connection is verified while the owner watches', async () => {
      await page.locator('body[data-hydrated]').waitFor({ state: 'attached' });
      await new TenantPage(page).button('Verify connection').click();
      await page.getByRole('link', { name: 'View run' }).first().click();
      await expect(new RunPage(page).state).toHaveText('Succeeded');
      await page.goto(new URL('/admin/tenants', setupLink).href);
      await page.getByRole('main').getByRole('link', { name: 'Fabrikam' }).click();
      await expect(page.getByRole('region', { name: 'Provider connection' })).toContainText('Granted');
    });
    // The server stops now, and nothing on the page may ask it for more.
    await page.goto('about:blank');
  });
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('without JavaScript: from an empty installation to a verified tenant', async ({ page }) => {
    await fromEmpty(async (setupLink, directory) => {
      await bringIntoService(page, setupLink, directory);
      await test.step('the connection is verified', async () => {
        await new TenantPage(page).button('Verify connection').click();
        await page.getByRole('main').getByRole('link', { name: 'View run' }).first().click();
        await expect(async () => {
          await page.reload();
          await expect(new RunPage(page).state).toHaveText('Succeeded', { timeout: 100 });
        }).toPass({ timeout: 60_000 });
      });
      await page.goto('about:blank');
    });
  });
});
