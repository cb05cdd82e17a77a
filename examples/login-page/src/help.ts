/** Links back keep the selected system. */
for (const link of document.querySelectorAll<HTMLAnchorElement>('main a')) link.search = location.search
