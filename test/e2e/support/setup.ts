/** What `npm run test:e2e` does before the tests. */
import { ensureN8n } from '../../../demo/n8n-install';
import { step } from '../../../demo/progress';
import { currentTarball } from './package';
import { ensureServices } from './services';
import { versions } from './versions';

/** Installs and builds what is missing; does nothing where all is there. */
export async function setUpAll(): Promise<void> {
	for (const { n8n } of versions) await ensureN8n(n8n);
	await step('Find Redis and PostgreSQL', ensureServices);
	await step('Build and pack the package', currentTarball);
}
