import { defineConfig } from '@playwright/test';

const chromium = process.env['TENANT_ATLAS_CHROMIUM'] ?? '/usr/bin/chromium';
const report = process.env['TENANT_ATLAS_STORIES_REPORT'] ?? 'test-results/stories.json';

export default defineConfig({
  testDir: './tests',
  outputDir: './test-results',
  // Each worker has a server of its own, with its own data.
  workers: 2,
  fullyParallel: false,
  retries: 0,
  forbidOnly: true,
  timeout: 300_000,
  expect: { timeout: 20_000 },
  reporter: [['line'], ['json', { outputFile: report }]],
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: chromium,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
