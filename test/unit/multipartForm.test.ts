import { FilePart, MultipartForm } from '../../nodes/InsightFaceSwap/n8nCompat/multipartForm';

const content = Buffer.from('a picture');

/** A form with one picture, and how often its store was read. */
function formWith() {
	const store = { reads: 0 };
	const open = async function* () {
		store.reads++;
		yield content;
	};
	const form = new MultipartForm();
	form.append('image', new FilePart('me.png', 'image/png', content.length, open));
	return { form, store };
}

async function sent(form: MultipartForm): Promise<string> {
	const chunks: Uint8Array[] = [];
	for (const [, file] of form.files()) for await (const chunk of file.stream()) chunks.push(chunk);
	return Buffer.concat(chunks).toString();
}

test('a picture is read from the store each time it is sent, also by the copy that names the channel', async () => {
	const { form, store } = formWith();
	expect([await sent(form), await sent(form.with('channel', '1'))]).toEqual([
		'a picture',
		'a picture',
	]);
	expect(store.reads).toBe(2);
});

test('a closed picture is not read again, also by the copy', async () => {
	const { form, store } = formWith();
	const copy = form.with('channel', '1');
	form.close();
	await expect(sent(form)).rejects.toThrow('The file was closed');
	await expect(sent(copy)).rejects.toThrow('The file was closed');
	expect(store.reads).toBe(0);
});
