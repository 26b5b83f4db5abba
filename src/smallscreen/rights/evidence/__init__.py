"""Evidence packs: what a person needs to show a platform that a video is a copy. The program never sends one."""
