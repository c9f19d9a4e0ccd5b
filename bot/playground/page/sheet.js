// Choosing files and the sheet before they are sent: thumbnails, their order, a
// caption, and whether they go as photos or as files.

import { $, bytes, extension, h, icon, shown, touch } from './dom.js';

const most = 30;

// A picture that no browser draws (HEIC, TIFF) cannot go as a photo from here.
const drawable = (f) => shown(f.type) && f.type !== 'image/avif';

export class Sheet {
  // send(files, as, caption) does the sending.
  constructor(send) {
    this.send = send;
    this.dialog = $('sheet');
    this.items = []; // {file, url, broken}
    this.as = 'photo';
    for (const [id, as] of [['pick-file', 'file'], ['pick-photo', 'photo']]) {
      $(id).addEventListener('change', (e) => {
        this.open([...e.target.files], as);
        e.target.value = '';
      });
    }
    this.dialog.addEventListener('close', () => this.clear());
    this.dialog.addEventListener('click', (e) => { if (e.target === this.dialog) this.dialog.close(); });
    this.dialog.addEventListener('paste', (e) => this.add([...e.clipboardData.files]));
    this.dialog.addEventListener('dragover', (e) => e.preventDefault());
    this.dialog.addEventListener('drop', (e) => {
      e.preventDefault();
      this.add([...e.dataTransfer.files]);
    });
  }

  // open shows the sheet, or adds to the one that is open.
  open(files, as, caption = '') {
    if (!files.length) return;
    if (this.dialog.open) {
      this.add(files);
      return;
    }
    this.as = as;
    this.build();
    this.caption.value = caption;
    this.add(files);
    this.dialog.showModal();
    if (!touch()) this.caption.focus();
  }

  clear() {
    for (const i of this.items) if (i.url) URL.revokeObjectURL(i.url);
    this.items = [];
    this.dialog.replaceChildren();
  }

  build() {
    this.title = h('h2', { id: 'sheet-title' });
    this.grid = h('ol', { class: 'sheet-grid', testid: 'sheet-items' });
    this.caption = h('textarea', { rows: '1', maxlength: '1024', placeholder: '添加说明…', 'aria-label': '说明', testid: 'caption' });
    this.caption.addEventListener('input', () => {
      this.caption.style.height = 'auto';
      this.caption.style.height = `${this.caption.scrollHeight}px`;
    });
    this.caption.addEventListener('keydown', (e) => {
      if (e.key !== 'Enter' || e.shiftKey || e.isComposing || touch()) return;
      e.preventDefault();
      this.submit();
    });
    const choice = (as, name, what) => h('label', { class: 'choice' },
      h('input', { type: 'radio', name: 'as', value: as, testid: `as-${as}`, onchange: () => {
        this.as = as;
        this.draw();
      } }), h('span', {}, h('b', {}, name), h('small', {}, what)));
    this.choices = h('fieldset', { class: 'choices' }, h('legend', { class: 'unseen' }, '怎样发送'),
      choice('photo', '照片', '压缩，最长边 1280'), choice('file', '文件', '原样，一个字节都不变'));
    this.hint = h('p', { class: 'hint', role: 'status' });
    this.more = h('input', { type: 'file', multiple: true, hidden: true, onchange: (e) => this.add([...e.target.files]) });
    this.dialog.replaceChildren(
      h('header', {}, h('button', { type: 'button', class: 'round', 'aria-label': '取消', testid: 'sheet-cancel', onclick: () => this.dialog.close() }, icon('close')),
        this.title,
        h('button', { type: 'button', class: 'round', 'aria-label': '再加一些', onclick: () => this.more.click() }, icon('plus')), this.more),
      this.grid, this.choices, this.hint,
      h('div', { class: 'sheet-foot' }, this.caption,
        h('button', { type: 'button', class: 'send', 'aria-label': '发送', testid: 'sheet-send', onclick: () => this.submit() }, icon('send'))),
    );
  }

  add(files) {
    for (const file of files.slice(0, most - this.items.length)) {
      this.items.push({ file, url: drawable(file) ? URL.createObjectURL(file) : '' });
    }
    this.draw();
  }

  draw() {
    const n = this.items.length;
    if (!n) {
      this.dialog.close();
      return;
    }
    const photos = this.items.every((i) => i.url && !i.broken);
    const as = photos ? this.as : 'file';
    for (const r of this.choices.querySelectorAll('input')) {
      r.disabled = r.value === 'photo' && !photos;
      r.checked = r.value === as;
    }
    this.title.textContent = as === 'photo' ? `发送 ${n} 张照片` : `发送 ${n} 个文件`;
    const big = this.items.find((i) => i.file.size > 20 << 20);
    const most10 = n > 10 ? '每 10 个成一组。' : '';
    this.hint.textContent = (photos ? '' : '有的不是照片，只能按文件发送。') + (big && as === 'file' ? '超过 20 MB 的文件，机器人收不下。' : '') + most10;
    this.grid.dataset.as = as;
    this.grid.replaceChildren(...this.items.map((i, at) => this.cell(i, at, as)));
  }

  cell(item, at, as) {
    const { file, url } = item;
    const n = this.items.length;
    const picture = url
      ? h('img', { src: url, alt: '', onerror: () => {
        if (item.broken) return;
        item.broken = true;
        this.draw();
      } })
      : h('span', { class: 'tile', data: { colour: 'blue' }, 'aria-hidden': 'true' }, extension(file.name) || '文件');
    const button = (label, name, run, testid) => h('button', { type: 'button', 'aria-label': `${label} ${file.name}`, title: label, testid, onclick: run }, icon(name));
    return h('li', {
      draggable: 'true', testid: 'sheet-item', data: { name: file.name },
      ondragstart: (e) => {
        this.dragged = at;
        e.dataTransfer.effectAllowed = 'move';
        e.dataTransfer.setData('text/plain', '');
      },
      ondragover: (e) => { if (this.dragged !== undefined) e.preventDefault(); },
      ondrop: (e) => {
        if (this.dragged === undefined) return;
        e.preventDefault();
        e.stopPropagation();
        this.move(this.dragged, at);
      },
      ondragend: () => { this.dragged = undefined; },
    },
    h('span', { class: 'picture' }, item.broken ? h('span', { class: 'tile', data: { colour: 'grey' } }, extension(file.name) || '?') : picture,
      n > 1 && as === 'photo' ? h('i', { class: 'number' }, String(at + 1)) : null),
    h('span', { class: 'file-text' }, h('b', {}, file.name || '未命名'), h('small', {}, file.size ? bytes(file.size) : '空文件')),
    h('span', { class: 'tools' },
      n > 1 && at > 0 ? button('前移', 'left', () => this.move(at, at - 1), 'sheet-earlier') : null,
      n > 1 && at < n - 1 ? button('后移', 'right', () => this.move(at, at + 1), 'sheet-later') : null,
      button('移除', 'bin', () => this.take(at), 'sheet-remove')));
  }

  move(from, to) {
    this.items.splice(to, 0, ...this.items.splice(from, 1));
    this.dragged = undefined;
    this.draw();
  }

  take(at) {
    const [gone] = this.items.splice(at, 1);
    if (gone.url) URL.revokeObjectURL(gone.url);
    this.draw();
  }

  submit() {
    const files = this.items.map((i) => i.file);
    const as = this.grid.dataset.as;
    const caption = this.caption.value.trim();
    this.dialog.close();
    this.send(files, as, caption);
  }
}
