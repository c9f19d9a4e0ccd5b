// Dragging files over the chat shows two places to drop them: as files and as
// photos.

export function drops({ area, screen, open }) {
  let depth = 0; // dragenter comes for every element on the way
  const files = (e) => [...(e.dataTransfer?.types || [])].includes('Files');
  const hide = () => {
    depth = 0;
    screen.hidden = true;
    for (const z of screen.children) z.classList.remove('over');
  };
  area.addEventListener('dragenter', (e) => {
    if (!files(e)) return;
    e.preventDefault();
    depth++;
    screen.hidden = false;
  });
  area.addEventListener('dragleave', (e) => {
    if (files(e) && --depth <= 0) hide();
  });
  area.addEventListener('dragover', (e) => {
    if (!files(e)) return;
    e.preventDefault();
    e.dataTransfer.dropEffect = 'copy';
    const zone = e.target.closest?.('[data-as]');
    for (const z of screen.children) z.classList.toggle('over', z === zone);
  });
  area.addEventListener('drop', (e) => {
    if (!files(e)) return;
    e.preventDefault();
    const as = e.target.closest?.('[data-as]')?.dataset.as || 'file';
    const list = [...e.dataTransfer.files];
    hide();
    open(list, as);
  });
  // Elsewhere a dropped file would replace the page.
  for (const t of ['dragover', 'drop']) addEventListener(t, (e) => { if (files(e)) e.preventDefault(); });
  addEventListener('dragend', hide);
}
