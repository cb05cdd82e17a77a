/** The way back is to the system that the reader came from. */
for (const link of document.querySelectorAll<HTMLAnchorElement>('main a')) link.search = location.search
