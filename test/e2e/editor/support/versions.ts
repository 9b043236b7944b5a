/** The n8n whose editors are looked at. */
import { join } from 'node:path';
import { projectFolder } from '../../../../demo/folders';
import { demoN8n, type N8nPackage } from '../../../../demo/n8n-install';

interface Version {
	/** For folders. */
	name: string;
	title: string;
	n8n: N8nPackage;
	env?: Record<string, string>;
}

const n8n1: N8nPackage = {
	folder: join(projectFolder, 'test', 'e2e', 'n8n-1'),
	title: 'n8n 1',
	oldestNode: 20,
	newestNode: 20,
};

const all: Version[] = [
	{ name: 'n8n-2', title: 'n8n 2.41.1', n8n: demoN8n },
	{
		name: 'n8n-1',
		title: 'n8n 1.123.81',
		n8n: n8n1,
		// isolated-vm has no build for Node 20, and what the demo switches off is not in n8n 1.
		env: { N8N_EXPRESSION_ENGINE: 'legacy', N8N_DISABLED_MODULES: '' },
	},
];

/** All, or the one that N8N_EDITOR names, e.g. `n8n-2`. */
export const versions = all.filter(({ name }) => name === (process.env.N8N_EDITOR ?? name));
