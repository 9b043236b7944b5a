/** The versions of n8n that the end-to-end tests run. */
import { join } from 'node:path';
import { demoN8n, type N8nPackage } from '../../../demo/n8n-install';

export interface Version {
	/** E.g. `n8n 2.41.1 on Node 24`. */
	title: string;
	n8n: N8nPackage;
	/** What this version needs to know. */
	env: Record<string, string>;
}

export const n8n1: Version = {
	title: 'n8n 1.123.81 on Node 20',
	n8n: { folder: join(__dirname, '..', 'n8n-1'), title: 'n8n 1', oldestNode: 20, newestNode: 20 },
	// isolated-vm has no build for Node 20; the modules that others disable are not there yet.
	env: { N8N_EXPRESSION_ENGINE: 'legacy', N8N_RUNNERS_ENABLED: 'true', N8N_DISABLED_MODULES: '' },
};

export const n8n2: Version = { title: 'n8n 2.41.1 on Node 24', n8n: demoN8n, env: {} };

export const versions: readonly Version[] = [n8n1, n8n2];
