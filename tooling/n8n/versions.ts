/** The versions of n8n that the demo, the tests and the benchmark run. */
import { join } from 'node:path';
import { projectFolder } from './folders';

/** A version of n8n, and a package of the project that installs it together with a Node for Linux. */
export interface N8nVersion {
	/** E.g. `n8n 2.41.1 on Node 24`. */
	title: string;
	/** Holds that package's package.json and package-lock.json. */
	folder: string;
	/** Major versions of Node that can run it. */
	oldestNode: number;
	newestNode: number;
	/** Settings that only this version needs. */
	env: Record<string, string>;
}

export const n8n1: N8nVersion = {
	title: 'n8n 1.123.81 on Node 20',
	folder: join(projectFolder, 'test', 'e2e', 'n8n-1'),
	oldestNode: 20,
	newestNode: 20,
	// isolated-vm has no build for Node 20; the modules that others disable are not there yet.
	env: { N8N_EXPRESSION_ENGINE: 'legacy', N8N_RUNNERS_ENABLED: 'true', N8N_DISABLED_MODULES: '' },
};

export const n8n2: N8nVersion = {
	title: 'n8n 2.41.1 on Node 24',
	folder: join(projectFolder, 'demo'),
	oldestNode: 24,
	newestNode: Infinity,
	env: {},
};

export const versions: readonly N8nVersion[] = [n8n1, n8n2];
