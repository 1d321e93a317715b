"""From the films to the page, link by link: what each artifact held when the page was written.

Every link is the SHA-256 of an artifact; the head of the chain depends on all of them and on the
page. A signature of the head says who vouches for it. Without one, the chain finds errors and
changes of single files; somebody who writes a new page can also write its chain anew.
"""
