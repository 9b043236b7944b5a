/** What `npm run test:e2e` does before the tests, and of it `npm run test:e2e -- --install`. */
import { ensureN8n } from '../../../tooling/n8n/install';
import { step } from '../../../tooling/n8n/progress';
import { currentTarball } from '../../../tooling/n8n/package';
import { ensureServices } from '../../../tooling/n8n/services';
import { ensureBrowser } from '../editor/support/browser';
import { versions } from '../../../tooling/n8n/versions';

/** Installs the programs that are missing; does nothing where all are there. */
export async function installAll(): Promise<void> {
	for (const version of versions) await ensureN8n(version);
	await step('Find Redis and PostgreSQL', ensureServices);
	await step('Find Chromium', ensureBrowser);
}

/** Builds and packs the package as it is now, once for all test files. */
export async function packPackage(): Promise<void> {
	await step('Build and pack the package', currentTarball);
}
