// Sets the theme before the first paint. A file of its own, since the content security policy allows no inline script.
(() => {
  let stored = null;
  try {
    stored = localStorage.getItem('countersign.theme');
  } catch {
    // Storage can be switched off; the system's theme is then used.
  }
  const dark = stored === 'dark' || (stored !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
