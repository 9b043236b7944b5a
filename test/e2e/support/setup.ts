/** What `npm run test:e2e` does before the tests. */
import { ensureN8n } from '../../../tooling/n8n/install';
import { step } from '../../../tooling/n8n/progress';
import { currentTarball } from '../../../tooling/n8n/package';
import { ensureServices } from '../../../tooling/n8n/services';
import { versions } from '../../../tooling/n8n/versions';

/** Installs and builds what is missing; does nothing where all is there. */
export async function setUpAll(): Promise<void> {
	for (const version of versions) await ensureN8n(version);
	await step('Find Redis and PostgreSQL', ensureServices);
	await step('Build and pack the package', currentTarball);
}
