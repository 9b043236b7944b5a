import { FilePart, MultipartForm } from '../../nodes/InsightFaceSwap/n8nCompat/multipartForm';

const content = Buffer.from('a picture');

/** A form with one picture, and how often its store was read. */
function formWith(bytes?: Buffer) {
	const store = { reads: 0 };
	const open = async function* () {
		store.reads++;
		yield content;
	};
	const form = new MultipartForm();
	form.append('image', new FilePart('me.png', 'image/png', content.length, open, bytes));
	return { form, store };
}

async function sent(form: MultipartForm): Promise<string> {
	const chunks: Uint8Array[] = [];
	for (const [, file] of form.files()) for await (const chunk of file.stream()) chunks.push(chunk);
	return Buffer.concat(chunks).toString();
}

test('a picture in memory is sent without a read of the store, also another time', async () => {
	const { form, store } = formWith(content);
	expect([await sent(form), await sent(form)]).toEqual(['a picture', 'a picture']);
	expect(store.reads).toBe(0);
});

test('a picture that was let go of is read again', async () => {
	const { form, store } = formWith(content);
	form.release();
	expect(await sent(form)).toBe('a picture');
	expect(store.reads).toBe(1);
});

test('letting go of a picture acts on the copy that names the channel', async () => {
	const { form, store } = formWith(content);
	const copy = form.with('channel', '1');
	form.release();
	await sent(copy);
	expect(store.reads).toBe(1);
});

test('a closed picture is not read again', async () => {
	const { form, store } = formWith(content);
	form.close();
	await expect(sent(form)).rejects.toThrow('The file was closed');
	expect(store.reads).toBe(0);
});
