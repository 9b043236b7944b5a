import type { ICredentialDataDecryptedObject, IWebhookFunctions } from 'n8n-workflow';

import { pathOf } from './callbackAddress';

type Credential = ICredentialDataDecryptedObject;

/** The reads in progress, by trigger and credential. */
const readings = new Map<string, Promise<Credential>>();

/**
 * The trigger's credential. Calls that come while it is being read share the reading: for each one
 * n8n 2 sets up a virtual machine, which takes it longer than all the rest of a call.
 * @throws Error when n8n cannot read it
 */
export async function credentialOf(context: IWebhookFunctions): Promise<Credential> {
	const key = `${pathOf(context)} ${context.getNode().credentials?.useApiNetApi?.id}`;
	const inProgress = readings.get(key);
	if (inProgress) return await inProgress;
	const reading = context.getCredentials<Credential>('useApiNetApi');
	readings.set(key, reading);
	try {
		return await reading;
	} finally {
		readings.delete(key);
	}
}
