import type {
	Icon,
	ICredentialDataDecryptedObject,
	ICredentialTestRequest,
	ICredentialType,
	IHttpRequestOptions,
	INodeProperties,
} from 'n8n-workflow';

/** The API token of a useapi.net account, sent as a bearer token with every call. */
export class UseApiNetApi implements ICredentialType {
	name = 'useApiNetApi';

	displayName = 'useapi.net API';

	icon: Icon = {
		light: 'file:../icons/insightfaceswap.svg',
		dark: 'file:../icons/insightfaceswap.dark.svg',
	};

	documentationUrl = 'https://useapi.net/docs/start-here/setup-useapi';

	properties: INodeProperties[] = [
		{
			displayName: 'API Token',
			name: 'apiToken',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			placeholder: 'e.g. user:1234-AbCdEfGhIjKl',
			description:
				'The whole token as useapi.net shows it, including the leading "user:". <a href="https://useapi.net/docs/start-here/setup-useapi" target="_blank">How to get it</a>.',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: 'https://api.useapi.net',
			description: 'Change it only to go through a proxy or to a simulator of the API',
		},
	];

	/** A function, because n8n 2 took some 4 ms to evaluate an expression in an execution of one call. */
	authenticate = async (
		{ apiToken }: ICredentialDataDecryptedObject,
		request: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> => ({
		...request,
		headers: { ...request.headers, Authorization: `Bearer ${String(apiToken)}` },
	});

	test: ICredentialTestRequest = {
		request: {
			baseURL:
				'={{($credentials.baseUrl || "https://api.useapi.net").trim().replace(/\\/+$/, "")}}',
			url: '/v2/account',
		},
		rules: [
			{
				type: 'responseCode',
				properties: {
					value: 401,
					message:
						'useapi.net does not know this token. Paste the whole token from your useapi.net account, including "user:".',
				},
			},
			{
				type: 'responseSuccessBody',
				properties: {
					key: 'subscriptionIsActive',
					value: false,
					message:
						'The token is correct, but its useapi.net subscription is not active. Renew it, then test again.',
				},
			},
		] as ICredentialTestRequest['rules'],
	};
}
