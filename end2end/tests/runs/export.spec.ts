import { readFile } from 'node:fs/promises';
import { expect, test } from '../../fixtures/test.ts';
import { RunPage } from '../../pages/run.page.ts';
import { SignInPage } from '../../pages/sign-in.page.ts';

/** The parts of the export that the stories look at. */
type Export = {
  id: string;
  reason_code: string | null;
  context: { execution_legitimacy: { allowed: boolean; reason_code: string | null } };
};

test('a blocked run can be handed on as JSON, with the decision in its context', async ({ person }) => {
  const operator = await person('operator');
  const { page } = operator;
  const [blocked] = await operator.session.runs({ state: 'blocked' });
  const id = blocked?.id ?? '';
  await operator.goto(RunPage.path(id));
  const code = await new RunPage(page).refusal.locator('code').first().textContent();

  const downloading = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download JSON' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe(`run-${id}.json`);
  const run = JSON.parse(await readFile(await download.path(), 'utf8')) as Export;
  expect(run.id).toBe(id);
  expect(run.context.execution_legitimacy).toMatchObject({ allowed: false, reason_code: code });
  expect(run.reason_code).toBe(code);
  await expect(page, 'the page stays').toHaveURL(RunPage.path(id));

  const { headers } = await operator.session.get(`${RunPage.path(id)}/json`);
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(headers.get('cache-control')).toBe('no-store');
});

test('the JSON of a run keeps to the rules of its page', async ({ demo, goto, page, person }) => {
  const owner = await person('owner');
  const tenant = await owner.session.tenant(demo.directory('first').name);
  const [sync] = await owner.session.runs({ tenant, operation: 'inventory.sync' });
  const run = RunPage.path(sync?.id ?? '');
  const path = `${run}/json`;

  const readonly = await person('readonly');
  const refused = await readonly.session.get(path);
  expect(refused.status).toBe(403);
  expect(await refused.json()).toEqual({ code: 'forbidden', capability: 'View inventory' });

  await goto(path);
  await expect(page).toHaveURL((url) => url.pathname === '/sign-in' && url.searchParams.get('next') === run);
  await new SignInPage(page).signIn(demo.account('operator'));
  await expect(page).toHaveURL(run);
  await expect(page.getByRole('link', { name: 'Download JSON' })).toBeVisible();
});
